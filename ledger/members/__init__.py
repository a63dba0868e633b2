"""The members: residents, households, merchants, staff, cards and terminals."""
