"""What `python -m benchmarks` can measure, a module each; `tables` shows the figures."""
