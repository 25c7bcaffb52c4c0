"""Actions of keys and run events: they change the workspace, and a `MainView` shows the outcome."""
