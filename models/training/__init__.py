"""Training: LIIF's self-supervised task, from pictures to weights. No image files."""
