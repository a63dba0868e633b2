"""Whole communities at their real size."""
