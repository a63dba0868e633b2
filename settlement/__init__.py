"""The night: do the claims agree with the books, and who is owed what."""
