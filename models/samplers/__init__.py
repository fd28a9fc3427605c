"""Samplers: whatever turns a grid into pixels."""
