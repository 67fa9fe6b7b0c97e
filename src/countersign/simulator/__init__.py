"""A city whose people and companies order transfers, and attackers among them; the same for a seed.

Pure: it knows no gate, no database and no network. `story.Story` gives what happens in the order of
time and hears what became of each order. Words: a holder has an account here, a payee is whom a
holder pays now and then, a script is what one attacker does, move by move.
"""
