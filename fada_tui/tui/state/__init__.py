"""What the dashboard knows, in plain objects that import no widget and no screen."""
