"""What backup and restore need of processes and folders: the database to copy, the one to fill.

Entry points: `backing_up.back_up_installation`, `restoring.restore_installation`.
"""
