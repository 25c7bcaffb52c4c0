"""Models before they are loaded: the list, servers, checkpoints on disk, why one is refused."""
