"""Evaluation: how well a sampler restores pictures, by the published protocols."""
