"""Who may do what: permissions, and the machine credentials that carry them.

Words: a credential is what a channel or a local peer shows; a permission is `area:verb`. Denied by
default: a credential without the permission of a command is refused before anything is decided.
"""
