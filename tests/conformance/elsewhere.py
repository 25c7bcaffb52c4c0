"""Families that transformers lists as image-text-to-text and that the suite cannot build."""

NOT_CONSTRUCTIBLE: dict[str, str] = {}
"""By model type, why not."""
