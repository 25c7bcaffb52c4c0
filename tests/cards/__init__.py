"""Cards that are made of main memory, for what cannot be tried without several."""
