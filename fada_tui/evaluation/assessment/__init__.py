"""Assessing: what a person says of results, apart from how it is shown."""
