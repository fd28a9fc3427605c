"""Plain modules, one family a file."""
