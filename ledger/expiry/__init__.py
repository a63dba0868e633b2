"""Points that lapse: announced to each owner, given every notice, and only then taken out of the wallet."""
