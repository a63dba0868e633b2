"""Copies of the whole book: backups, the copy that goes on all the time, restores, and the drill that tries one."""
