"""The community office: the pages of staff."""
