"""Acts that were acknowledged and then lost with the book: written again as they were told, not decided anew."""
