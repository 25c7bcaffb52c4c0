"""The training of the embedded model: synthetic phantoms, questions and answers, and the training loop."""
