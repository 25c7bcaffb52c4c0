"""Shards of a plan: a run of a part of the images, and one run made of all of them."""
