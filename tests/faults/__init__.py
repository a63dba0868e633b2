"""Faults of the machine under the product: broken disks, killed processes, clocks that jump."""
