"""Images: finding them in a folder, and decoding their pixels."""
