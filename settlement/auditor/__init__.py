"""The second engine: reads exported files alone and works everything out anew, in set-based SQL.

It shares no code with the product it audits: it imports DuckDB and Python's own library, nothing else.
"""
