"""The JSON API: a process of its own, in which a token is all that anybody is known by.

Each path is an `Operation` in the file of its noun; from these come routes, checks and
`/openapi.json` alike. `desk` is what handlers work with; `doorkeeper` says who may come in and how
often.
"""
