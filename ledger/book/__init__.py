"""The book: accounts, transfers, balances, and the one order of everything."""
