"""The operator's commands: `countersign run`, `accounts`, `transfers` and the rest.

Each module has `add(subcommands)`, which adds its arguments, and functions that take the parsed
arguments and a `Terminal`. Exit codes: 0 done, 1 refused or not found, 2 usage.
"""
