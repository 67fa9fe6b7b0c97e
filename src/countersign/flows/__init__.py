"""Processes, one file each, readable from top to bottom: what crosses domains happens here."""
