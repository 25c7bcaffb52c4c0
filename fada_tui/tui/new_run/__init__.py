"""The screen *New run*: what there is to choose from, what is chosen, what it will take."""
