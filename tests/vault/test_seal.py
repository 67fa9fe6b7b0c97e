"""Sealing: the format, and that nothing opens anywhere but where it was sealed."""

import struct

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from countersign.kernel.invariant import InvariantBroken
from countersign.vault.errors import CannotOpen
from countersign.vault.seal import (
    EPOCH_MAX,
    OVERHEAD_BYTES,
    Place,
    epoch_of,
    length_prefixed,
    open_sealed,
    seal,
)

pytestmark = pytest.mark.fast

KEY = AESGCM(bytes(range(32)))
PLACE = Place("transfers.transfer.debtor_side")
INSTANCE = b"instance--------"
ROW = b"row-------------"
SUBJECT = b"subject---------"


def sealed_here(plaintext: bytes, *, epoch: int = 7) -> bytes:
    return seal(
        KEY,
        instance=INSTANCE,
        place=PLACE,
        row=ROW,
        subject=SUBJECT,
        epoch=epoch,
        plaintext=plaintext,
    )


def opened_here(sealed: bytes, *, key: AESGCM = KEY) -> bytes:
    return open_sealed(key, instance=INSTANCE, place=PLACE, row=ROW, subject=SUBJECT, sealed=sealed)


@given(plaintext=st.binary(max_size=300), epoch=st.integers(1, EPOCH_MAX))
def test_what_is_sealed_opens(plaintext: bytes, epoch: int) -> None:
    sealed = sealed_here(plaintext, epoch=epoch)
    assert opened_here(sealed) == plaintext
    assert epoch_of(sealed) == epoch
    assert len(sealed) == len(plaintext) + OVERHEAD_BYTES


def test_the_format_is_as_written_down() -> None:
    header = b"\x01\x00\x00\x00\x07"
    nonce = b"0123456789ab"
    domain, place = b"countersign/seal/v1", PLACE.encode()
    bound = b"".join(
        [
            struct.pack(">I", len(domain)) + domain,
            struct.pack(">I", 16) + INSTANCE,
            struct.pack(">I", len(place)) + place,
            header,
            struct.pack(">II", 16, 16),
            ROW,
            SUBJECT,
        ]
    )
    assert opened_here(header + nonce + KEY.encrypt(nonce, b"Anna Okafor", bound)) == b"Anna Okafor"


def test_equal_values_are_sealed_unlike() -> None:
    blobs = {sealed_here(b"Anna Okafor") for _ in range(100)}
    assert len(blobs) == 100
    assert not any(b"Anna" in blob for blob in blobs)


@pytest.mark.parametrize("part", ["instance", "place", "row", "subject"])
def test_nothing_opens_elsewhere(part: str) -> None:
    sealed = sealed_here(b"Anna Okafor")
    here = {"instance": INSTANCE, "place": PLACE, "row": ROW, "subject": SUBJECT}
    elsewhere = {**here, part: "a.b.c" if part == "place" else b"other-----------"}
    with pytest.raises(CannotOpen) as refused:
        open_sealed(KEY, sealed=sealed, **elsewhere)  # type: ignore[arg-type]
    assert refused.value.code == "vault.cannot_open"


def test_nothing_opens_under_another_key() -> None:
    with pytest.raises(CannotOpen):
        opened_here(sealed_here(b"Anna Okafor"), key=AESGCM(bytes(32)))


def test_bytes_cannot_move_from_row_to_subject() -> None:
    parts = {"instance": INSTANCE, "place": PLACE}
    sealed = seal(KEY, row=b"ab", subject=b"c", epoch=1, plaintext=b"x", **parts)  # type: ignore[arg-type]
    with pytest.raises(CannotOpen):
        open_sealed(KEY, row=b"a", subject=b"bc", sealed=sealed, **parts)  # type: ignore[arg-type]


def test_every_changed_byte_is_noticed() -> None:
    sealed = sealed_here(b"Anna Okafor")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotOpen):
            opened_here(bytes(changed))


def test_every_cut_is_noticed() -> None:
    sealed = sealed_here(b"Anna Okafor")
    for length in range(len(sealed)):
        with pytest.raises(CannotOpen):
            opened_here(sealed[:length])
    with pytest.raises(CannotOpen):
        opened_here(sealed + b"\x00")


@given(junk=st.binary(max_size=100))
def test_junk_never_opens(junk: bytes) -> None:
    with pytest.raises(CannotOpen):
        opened_here(junk)


@pytest.mark.parametrize("sealed", [b"", b"\x01\x00\x00\x00\x07", b"\x02" + bytes(40)])
def test_no_epoch_is_read_from_what_is_not_sealed(sealed: bytes) -> None:
    with pytest.raises(CannotOpen):
        epoch_of(sealed)


@pytest.mark.parametrize("epoch", [-1, 0, EPOCH_MAX + 1])
def test_an_epoch_outside_its_range_is_a_bug(epoch: int) -> None:
    with pytest.raises(InvariantBroken):
        sealed_here(b"x", epoch=epoch)


@pytest.mark.parametrize("text", ["", "a", "a.b", "a..c", "a.b.c.d", "A.b.c", "a.b.c "])
def test_a_place_names_schema_table_and_column(text: str) -> None:
    with pytest.raises(InvariantBroken):
        Place(text)


@given(one=st.lists(st.binary(max_size=5)), other=st.lists(st.binary(max_size=5)))
def test_length_prefixes_keep_lists_apart(one: list[bytes], other: list[bytes]) -> None:
    assert (length_prefixed(*one) == length_prefixed(*other)) == (one == other)
