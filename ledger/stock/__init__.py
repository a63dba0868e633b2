"""The points supermarket's shelf: goods and their prices, what came and went, what is held, and who counted."""
