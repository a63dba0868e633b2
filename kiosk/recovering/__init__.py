"""Bringing the book back: lines of the tills' daybooks read as requests, written again, reported."""
