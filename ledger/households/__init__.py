"""People who share a wallet: they part, join, move, die, and their points go with them by rule."""
