"""A run's questions put to its model, by one worker or by several at once."""
