"""The screen *New run*: the choices, what is chosen, and the expected time and memory."""
