"""A run from its plan to its files: jobs, the worker, telemetry, recovery, pages."""
