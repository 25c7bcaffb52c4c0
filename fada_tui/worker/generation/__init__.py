"""From items to results: batches, prompts, prefix caching, decoding."""
