"""In which time zone a reader sees times: the one that was chosen in this browser, else UTC.

What machines read (proofs, the log, the API) is UTC always, and so are days of the ledger and what
a search asks of days. Zones are those of this machine's own data, which may be none.
"""

import zoneinfo
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import NamedTuple

COOKIE = "zone"
UTC_KEY = "UTC"


class Zone(NamedTuple):
    """One zone by its name in the tz database ("Asia/Taipei")."""

    key: str
    info: tzinfo

    @property
    def label(self) -> str:
        """What stands beside a time: its city."""
        return self.key.rpartition("/")[2].replace("_", " ")

    def offset_at(self, milliseconds: int) -> str:
        """How far it is from UTC then: UTC+8, UTC−3:30."""
        at = datetime.fromtimestamp(milliseconds / 1000, tz=self.info)
        seconds = int((at.utcoffset() or at - at).total_seconds())
        hours, minutes = divmod(abs(seconds) // 60, 60)
        sign = "\N{MINUS SIGN}" if seconds < 0 else "+"
        return f"UTC{sign}{hours}" + (f":{minutes:02d}" if minutes else "")


UTC_ZONE = Zone(UTC_KEY, UTC)


@lru_cache(maxsize=1)
def known_zones() -> tuple[str, ...]:
    """The zones that this machine knows, UTC first; UTC alone where it has no such data."""
    found = {key for key in zoneinfo.available_timezones() if "/" in key and key[:4] != "Etc/"}
    return (UTC_KEY, *sorted(found))


def chosen_zone(cookies: Mapping[str, str]) -> Zone:
    """What this browser chose, if this machine knows it."""
    key = cookies.get(COOKIE, UTC_KEY)
    if key == UTC_KEY or key not in known_zones():
        return UTC_ZONE
    try:
        return Zone(key, zoneinfo.ZoneInfo(key))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return UTC_ZONE  # Its data went away, or cannot be read.
