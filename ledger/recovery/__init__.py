"""After a loss: what tills kept signed comes back into a book that was restored from an older copy."""
