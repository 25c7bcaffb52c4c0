"""The base of every other package: records, messages, errors, text, names, paths, files."""
