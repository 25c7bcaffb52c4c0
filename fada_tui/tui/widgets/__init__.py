"""The panes of the main screen, and what several screens share."""
