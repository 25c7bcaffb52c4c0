"""Verification: repeats a sample of a run's answers singly and compares them with the recorded ones."""
