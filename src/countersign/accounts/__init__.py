"""Accounts and the parties that hold them, and freezes.

Words: an account's index is the blind index of its number (IBAN or other), 16 bytes; the gate knows
accounts by number and index and never by their identification. Balances belong to the ledger.
"""
