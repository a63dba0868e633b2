"""Fee bills of households: what a property company asks for, and the part of it that is paid in points."""
