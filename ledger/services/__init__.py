"""Services for points: vouchers, their calendar and orders, and benefits by agreement."""
