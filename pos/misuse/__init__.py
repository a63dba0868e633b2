"""Unauthorised use: what a holder says they did not spend; points back at once, a second person decides."""
