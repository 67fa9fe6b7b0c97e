"""The one global order of schema changes: numbered SQL files and the runner that applies them."""
