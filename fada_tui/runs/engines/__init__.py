"""Engines: servers of one's own installation that are started for a run, asked by the worker, and ended."""
