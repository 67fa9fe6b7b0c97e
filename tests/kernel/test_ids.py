"""Ids: RFC 9562 layout, order of making, one spelling."""

from concurrent.futures import ThreadPoolExecutor
from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.kernel.ids import ID_BYTES, MalformedId, id_text, new_id, parse_id
from countersign.kernel.invariant import InvariantBroken

pytestmark = pytest.mark.fast

NOW_MS = 1_790_000_000_000


def ms_of(id_bytes: bytes) -> int:
    return int.from_bytes(id_bytes[:6], "big")


def test_an_id_has_the_layout_of_version_7() -> None:
    made = UUID(bytes=new_id(NOW_MS))
    assert (made.version, made.variant) == (7, RFC_4122)


def test_an_id_carries_the_callers_millisecond() -> None:
    later_ms = NOW_MS + 1_000_000
    assert ms_of(new_id(later_ms)) == later_ms


def test_ids_of_one_millisecond_sort_in_the_order_of_making_past_the_counter() -> None:
    made = [new_id(NOW_MS) for _ in range(3 * 4096)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_a_small_step_back_of_the_clock_keeps_the_order() -> None:
    base_ms = NOW_MS + 10_000_000
    made = [new_id(base_ms + step) for step in (0, 5, -3, -4_000, 6, 6, 2)]
    assert made == sorted(made)


def test_a_clock_that_ran_far_ahead_does_not_mark_later_ids() -> None:
    new_id(NOW_MS + 10**12)
    assert ms_of(new_id(NOW_MS + 20_000_000)) == NOW_MS + 20_000_000


def test_ids_made_by_threads_differ() -> None:
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda _: new_id(NOW_MS + 30_000_000), range(4_000)))
    assert len(set(made)) == len(made)


def test_the_random_part_differs_between_ids() -> None:
    tails = {new_id(NOW_MS)[8:] for _ in range(1_000)}
    assert len(tails) == 1_000


@pytest.mark.parametrize("now_ms", [-1, 1 << 48])
def test_a_time_outside_48_bits_is_a_bug(now_ms: int) -> None:
    with pytest.raises(InvariantBroken):
        new_id(now_ms)


@given(st.binary(min_size=ID_BYTES, max_size=ID_BYTES))
def test_text_and_bytes_convert_both_ways(id_bytes: bytes) -> None:
    assert id_text(id_bytes) == str(UUID(bytes=id_bytes))
    assert parse_id(id_text(id_bytes)) == id_bytes


@pytest.mark.parametrize("length", [0, 15, 17])
def test_only_16_bytes_are_written_as_an_id(length: int) -> None:
    with pytest.raises(InvariantBroken):
        id_text(bytes(length))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "018BCFE5-6800-751C-9A05-49F93FAE0E30",
        "018bcfe56800751c9a0549f93fae0e30",
        "{018bcfe5-6800-751c-9a05-49f93fae0e30}",
        "urn:uuid:018bcfe5-6800-751c-9a05-49f93fae0e30",
        "018bcfe5-6800-751c-9a05-49f93fae0e3",
        "018bcfe5-6800-751c-9a05-49f93fae0e300",
        "018bcfe5-6800-751c-9a05-49f93fae0e3g",
        "018bcfe5-6800-751c-9a05-49f93fae0e30\n",
        "018bcfe568-00-751c-9a05-49f93fae0e30",
        "０18bcfe5-6800-751c-9a05-49f93fae0e30",
    ],
)
def test_every_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(MalformedId):
        parse_id(text)
