"""Attacks by name. Each is a script: it yields a move, is told what became of it, and goes on.

Each attacker knows the published limits and stays under all that he can see; the bold go for much
in few days, the careful for less over weeks. Nobody trips a rule by construction.
"""
