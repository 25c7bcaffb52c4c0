"""From a checkpoint to a loaded model: files, classes, weights, and refusals."""
