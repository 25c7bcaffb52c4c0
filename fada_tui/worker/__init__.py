"""The process that owns torch and the loaded model. Nobody imports it: `runs.worker_client` starts it."""
