"""Opening, colour, alpha, metadata and streaming writers. No Qt."""
