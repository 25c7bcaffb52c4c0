"""The worker as a run sees it: its process, its messages, and one kept for the next run."""
