"""Every screen and the command line: the only package that speaks HTTP to people."""
