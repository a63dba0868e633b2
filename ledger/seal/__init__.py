"""The seal: one Merkle tree over everything the book holds, and the signed checkpoints of it."""
