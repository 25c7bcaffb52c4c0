"""What every part builds on: records, messages, errors, text, names, paths, files."""
