"""Earning: published schemes, rates, caps and the calendar."""
