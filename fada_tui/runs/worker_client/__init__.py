"""The client of the worker: its process, its messages, and a worker kept for the next run."""
