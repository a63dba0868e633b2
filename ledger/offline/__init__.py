"""Selling without network: what a till may do, what comes in later, and what the most is that can be lost."""
