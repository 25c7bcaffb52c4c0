"""Images: which there are in a folder, and their pixels."""
