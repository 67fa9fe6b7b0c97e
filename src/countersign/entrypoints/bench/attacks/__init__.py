"""Weeks of a simulated city with attacks in it, decided by the real gate on a simulated clock.

What attackers try, what the gate stops and whom it troubles for nothing: docs/benchmarks.md defines
each figure.
"""
