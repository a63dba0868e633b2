"""The tables of step 0001, a file per room. What stands here never changes: later steps alter it."""
