"""The style sheet."""
