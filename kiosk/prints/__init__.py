"""Paper: what leaves a printer, typeset from a template and data."""
