"""Backup and restore: one sealed file that brings an installation back, given its key.

Entry points: `copying.back_up` writes one, `checking.check` reads it through and refuses whatever
is not whole, `loading.load` fills an empty migrated database, `verifying.verify` is what a starting
gate would check of it. The file's format is in `archive`, what it holds in `records`.
"""
