"""One page of an account's ledger, and the ways to the newer and the older one.

Rule: what one command booked stands on one page, so that no entry is lost between two.
"""

from typing import Any, NamedTuple

import psycopg

from countersign.flows.list_accounts import Entry, newest_entries, next_entries


class Leafed(NamedTuple):
    """The newest first; `newer` and `older` are leaves to go on from, None where nothing is."""

    entries: list[Entry]
    newer: int | None
    older: int | None


def leaf_through(
    connection: psycopg.Connection[Any],
    *,
    account: int,
    rows: int,
    before: int | None = None,
    after: int | None = None,
) -> Leafed:
    """The page that ends before a leaf, or begins after one; the newest where neither is given."""
    if after is not None:
        found = next_entries(connection, account=account, limit=rows + 1, after=after)
        if len(found) > rows:
            page = _whole(found, rows)[::-1]
            return Leafed(page, page[0].number, page[-1].number)
        before = None  # Fewer are newer than a page has: the newest page shows them all.
    found = newest_entries(connection, account=account, limit=rows + 1, before=before)
    page = _whole(found, rows)
    is_newest = before is None or not page
    return Leafed(
        page,
        None if is_newest else page[0].number,
        page[-1].number if len(found) > len(page) else None,
    )


def _whole(found: list[Entry], rows: int) -> list[Entry]:
    """The first rows, without what a command booked of which there is more beyond."""
    if len(found) <= rows:
        return found
    beyond = found[rows].number
    return [entry for entry in found[:rows] if entry.number != beyond]
