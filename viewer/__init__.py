"""The program: command line, imaging, rendering, window."""
