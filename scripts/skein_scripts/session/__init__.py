"""Measuring: calls of the binary, one session from its first line to its last."""
