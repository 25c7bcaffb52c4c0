"""The terminal itself: what is sent to it, what comes back, how it is left."""
