"""Alerts: what the rules ask a person to look at, from the moment of the decision to its end.

Words: an alert is raised in the commit of the decision, acknowledged by whoever looks into it, and
closed once with a disposition. Entry points: `model.Alert`, `queries`.
"""
