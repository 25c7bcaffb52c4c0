"""Values and lines of text for the screen: pure."""
