"""The HTTP API: each file one subject, each call parsed by strict types and answered in JSON."""
