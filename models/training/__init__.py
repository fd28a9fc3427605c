"""Training: LIIF's self-supervised task and its relatives', from pictures to weights."""
