"""The embedded model: synthetic phantoms, what is asked of them, how the model is trained, its weights."""
