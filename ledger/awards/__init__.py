"""Points given and taken by a decision about a deed: checked against the scheme's item, posted, told to their owner."""
