"""A shop owner's own pages: what is owed, and why."""
