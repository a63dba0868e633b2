"""The clockwork of a running server: what is due at which hour, run by itself, once, in order, with catch-up."""
