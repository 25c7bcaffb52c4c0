"""A sample of a run's answers made again, one at a time, and held against what the run recorded."""
