"""The state of the dashboard, in plain objects that import no widget and no screen."""
