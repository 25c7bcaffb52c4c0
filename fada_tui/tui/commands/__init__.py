"""The tables of the dashboard's commands, by the screens that they belong to."""
