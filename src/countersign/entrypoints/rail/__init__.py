"""A simulated rail, a process of its own: takes transfers, settles or rejects them, loses things.

A peer to try dispatch against, with the faults of a real one at chosen odds; it moves no money.
"""
