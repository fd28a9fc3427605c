"""Continuous images: networks, samplers and their checkpoints. torch, no Qt, no image files."""
