"""A Chang'an community that has lived three months through the product's own functions, and a server to try it on."""
