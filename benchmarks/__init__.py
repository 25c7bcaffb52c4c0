"""Benchmarks that anyone can run: `python -m benchmarks --help`; see docs/benchmarks.md."""
