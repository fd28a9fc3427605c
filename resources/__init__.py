"""Icons, style and samples, read through importlib.resources."""
