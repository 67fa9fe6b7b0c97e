"""The ids of a transfer on a rail: of the digest, of the right form, and never two the same."""

from base64 import b32decode
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.kernel.ids import is_uetr
from countersign.kernel.invariant import InvariantBroken
from countersign.rails import ids

pytestmark = pytest.mark.fast

DIGEST = bytes(range(32))
digests = st.binary(min_size=32, max_size=32)


def test_the_transaction_id_is_the_digest_in_base32() -> None:
    assert ids.transaction_id(DIGEST) == "AAAQEAYEAUDAOCAJBIFQYDIOB4IBCEQTCQK"
    assert b32decode(ids.transaction_id(DIGEST)[:32]) == DIGEST[:20]


def test_ids_stay_as_they_are_for_ever() -> None:
    # What was sent before an upgrade is asked for and sent again after it.
    assert ids.message_id(DIGEST, 1) == "I6G7KQ3FI2P4LB7PVIBRPUOTOWWSMMXTFPM"
    assert ids.request_id(DIGEST, 1, 2) == "37XBKFWO4QO2SPDJSBVUNVIEGPFH5I2GQMB"
    assert ids.uetr_of(DIGEST) == "5ad70188-c4c4-43bf-b1b5-6f8f9b3cee05"


@given(digests, digests)
def test_ids_tell_orders_purposes_attempts_and_questions_apart(one: bytes, other: bytes) -> None:
    made = [
        text
        for digest in {one, other}
        for text in (
            ids.transaction_id(digest),
            ids.uetr_of(digest),
            *(ids.message_id(digest, attempt) for attempt in (1, 2, 11)),
            *(ids.request_id(digest, *both) for both in ((1, 1), (1, 2), (2, 1), (1, 11), (11, 1))),
        )
    ]
    # 175 bits of a digest are its transaction id; Hypothesis likes digests that differ at the end.
    if one[:21] != other[:21] or one == other:
        assert len(set(made)) == len(made)
    assert all(0 < len(each) <= 36 for each in made)


@given(digests)
def test_a_made_uetr_has_the_form_of_one(digest: bytes) -> None:
    uetr = ids.uetr_of(digest)
    assert is_uetr(uetr)
    assert UUID(uetr).version == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5AD70188-C4C4-43BF-B1B5-6F8F9B3CEE05",
        "5ad70188-c4c4-13bf-b1b5-6f8f9b3cee05",
        "5ad70188-c4c4-43bf-71b5-6f8f9b3cee05",
        "5ad70188c4c443bfb1b56f8f9b3cee05",
        "5ad70188-c4c4-43bf-b1b5-6f8f9b3cee05\n",
    ],
)
def test_what_is_no_uetr_is_none(text: str) -> None:
    assert not is_uetr(text)


def test_a_digest_of_another_length_or_a_number_below_one_is_a_fault_of_ours() -> None:
    faults: list[Callable[[], str]] = [
        lambda: ids.transaction_id(DIGEST[:31]),
        lambda: ids.message_id(DIGEST[:31], 1),
        lambda: ids.uetr_of(DIGEST + b"x"),
        lambda: ids.message_id(DIGEST, 0),
        lambda: ids.request_id(DIGEST, 0, 1),
        lambda: ids.request_id(DIGEST, 1, 0),
    ]
    for fault in faults:
        with pytest.raises(InvariantBroken):
            fault()
