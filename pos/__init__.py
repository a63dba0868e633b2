"""The counter: a resident, a basket, a price, a receipt."""
