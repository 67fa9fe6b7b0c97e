"""Measurements on a throw-away installation of its own; each prints one object of figures.

Nothing here touches the data folder of a real installation.
"""
