"""A small payment channel of our own, Stripe-shaped, for the demonstration and the tests."""
