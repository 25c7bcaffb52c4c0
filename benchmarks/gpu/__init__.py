"""What only a machine with a GPU can prove, in a few minutes: `python -m benchmarks.gpu`."""
