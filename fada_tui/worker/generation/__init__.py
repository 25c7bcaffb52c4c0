"""From items to results: batches, prompts, prefixes computed once, decoding."""
