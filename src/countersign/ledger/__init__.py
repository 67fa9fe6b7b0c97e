"""Double entry: each posting moves one amount from one account to another, pending or for good.

Words: available = balance - held; floor is the least that available may be; a pending posting holds
money, post takes it, void gives it back. Entry points: `model.Balances`, `model.Posting`, `store`.
"""
