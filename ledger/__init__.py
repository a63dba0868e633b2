"""The books: who the members are, how points are earned, where every point went."""
