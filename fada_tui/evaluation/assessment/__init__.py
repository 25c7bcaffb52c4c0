"""Assessment of results by a person, independent of the user interface."""
