"""Writes what the world outside would hand to a community: people, shops, purchases, claims, bills, with their faults.

It decides nothing and uses nothing that settles: the truth file says what a correct settlement
must find, so it must not be made by the code it judges.
"""

from kiosk.generator.generate import Report, generate

__all__ = ["Report", "generate"]
