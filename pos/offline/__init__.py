"""Sales that a till decided without the server, taken in when they come."""
