"""Models before loading: the model list, servers, checkpoints on disk, and reasons for refusal."""
