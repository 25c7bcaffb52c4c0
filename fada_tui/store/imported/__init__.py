"""Results that other programs wrote: their files read, and made into runs."""
