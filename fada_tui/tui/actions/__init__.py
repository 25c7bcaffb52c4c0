"""What the keys and a run's events do: on the workspace, and shown by whatever is a `MainView`."""
