"""What the main screen's keys and a run's events set going."""
