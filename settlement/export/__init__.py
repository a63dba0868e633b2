"""The export: one community's whole book as plain tables, for everyone who does not want to trust the server."""
