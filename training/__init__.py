"""How the embedded model is made: synthetic phantoms, what is asked of them, and the training."""
