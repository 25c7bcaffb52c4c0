"""A run from plan to files: jobs, worker, telemetry, recovery, pages."""
