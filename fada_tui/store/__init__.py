"""Runs on disk. Empty on purpose: the worker imports `store.journal` and nothing else of it."""
