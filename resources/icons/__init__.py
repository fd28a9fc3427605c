"""Icons as SVG."""
