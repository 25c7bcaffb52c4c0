"""Runs on disk. Empty on purpose: the worker imports only `store.journal`."""
