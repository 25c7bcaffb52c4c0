"""Values and lines of text for the screen, computed without side effects."""
