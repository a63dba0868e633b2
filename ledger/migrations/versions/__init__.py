"""The numbered steps, in order."""
