"""The clock agrees with the machine's and never runs backwards where it must not."""

import time

import pytest

from countersign.infra.clock import SystemClock, monotonic

pytestmark = pytest.mark.fast


def test_now_is_utc_milliseconds_since_1970() -> None:
    before = time.time_ns() // 1_000_000
    now_ms = SystemClock().now_ms()
    assert before <= now_ms <= time.time_ns() // 1_000_000


def test_monotonic_counts_in_seconds() -> None:
    before = time.monotonic()
    moments = [monotonic() for _ in range(1000)]
    assert moments == sorted(moments)
    assert before <= moments[0] <= moments[-1] <= time.monotonic()
