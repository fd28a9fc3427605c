"""Checkpoint families, one a file: how to recognise, read and write the files others publish."""
