"""A resident's own page: points, entries, and a code that renews itself."""
