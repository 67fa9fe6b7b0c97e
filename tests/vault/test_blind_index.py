"""Blind indexes: equal values meet, kinds and keys keep apart."""

from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.kernel.invariant import InvariantBroken
from countersign.vault.blind_index import INDEX_BYTES, blind_index, body_mac

pytestmark = pytest.mark.fast

KEY = bytes(range(32))
ACCOUNT = "IBAN:DE89370400440532013000"


def test_the_index_is_keyed_blake2b_with_the_kind_as_person() -> None:
    expected = blake2b(ACCOUNT.encode(), digest_size=16, key=KEY, person=b"account")
    assert blind_index(KEY, "account", ACCOUNT) == expected.digest()
    assert blind_index(KEY, "account", ACCOUNT).hex() == "9c5df5cf87fdbf5786b5212f798d0ee6"


@given(one=st.text(), other=st.text())
def test_indexes_meet_exactly_when_values_do(one: str, other: str) -> None:
    is_same_index = blind_index(KEY, "name", one) == blind_index(KEY, "name", other)
    assert is_same_index == (one == other)
    assert len(blind_index(KEY, "name", one)) == INDEX_BYTES


def test_kinds_keys_and_purposes_keep_apart() -> None:
    indexes = {
        blind_index(KEY, "account", "x"),
        blind_index(KEY, "name", "x"),
        blind_index(bytes(32), "account", "x"),
        body_mac(KEY, b"x"),
        body_mac(bytes(32), b"x"),
        body_mac(KEY, b"y"),
    }
    assert len(indexes) == 6


def test_a_lone_surrogate_from_outside_is_indexed_like_any_text() -> None:
    assert blind_index(KEY, "name", "\ud800") != blind_index(KEY, "name", "?")


@pytest.mark.parametrize("kind", ["", "x" * 17, "Name", "a\x00", "名", "request.body"], ids=ascii)
def test_a_kind_that_would_not_separate_is_a_bug(kind: str) -> None:
    with pytest.raises(InvariantBroken):
        blind_index(KEY, kind, "x")


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_a_bug(length: int) -> None:
    with pytest.raises(InvariantBroken):
        blind_index(bytes(length), "name", "x")
    with pytest.raises(InvariantBroken):
        body_mac(bytes(length), b"x")
