"""The process that uses torch and holds the model. It is not imported: `runs.worker_client` starts it."""
