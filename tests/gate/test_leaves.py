"""Leaf data reads back as what was committed, and nothing else reads at all."""

import struct
from typing import Any

import pytest

from countersign.gate.commands import Kind
from countersign.gate.leaves import CommandLeaf, OrderLeaf, UnreadableLeaf, read_leaf, time_text
from countersign.gate.rows import CommandRow, command_leaf, order_leaf
from countersign.transfers.model import Action, Status, TransferRow

pytestmark = pytest.mark.fast

DIGEST = bytes(range(32))
AT_MS = 1_800_000_000_123
ORDER = TransferRow(
    7, 100, b"k" * 16, b"m" * 17, DIGEST, 2, 0, b"i" * 16, 5_000, "EUR", 20_833, 4, 7,
    "rules.amount,rules.new_creditor", "typologies.mule=160",
    3, b"evidence", b"facts", b"debtor side",
    b"creditor side",
)  # fmt: skip
COMMAND = CommandRow(
    9, Kind.RELEASE, 1, b"k" * 16, b"m" * 17, 7, DIGEST, "released", b"detail", b"body"
)


def test_an_order_reads_back() -> None:
    leaf = read_leaf(order_leaf(ORDER, AT_MS))
    assert leaf == OrderLeaf(
        7, AT_MS, Action.HOLD, Status.HELD, 3, DIGEST, "rules.amount,rules.new_creditor"
    )
    assert leaf.shown() == {
        "kind": "order",
        "number": 7,
        "at": "2027-01-15T08:00:00.123Z",
        "action": "hold",
        "outcome": "held",
        "policy": 3,
        "reasons": ["rules.amount", "rules.new_creditor"],
    }


def test_a_command_reads_back() -> None:
    leaf = read_leaf(command_leaf(COMMAND, AT_MS))
    assert leaf == CommandLeaf(9, AT_MS, Kind.RELEASE, 7, DIGEST, "released")
    assert leaf.shown() == {
        "kind": "release",
        "number": 9,
        "at": "2027-01-15T08:00:00.123Z",
        "transfer": 7,
        "outcome": "released",
    }


def test_no_reason_is_an_empty_list() -> None:
    shown = read_leaf(order_leaf(ORDER._replace(reasons=""), AT_MS)).shown()
    assert shown["reasons"] == []


@pytest.mark.parametrize("leaf", [order_leaf(ORDER, AT_MS), command_leaf(COMMAND, AT_MS)])
def test_every_cut_and_every_surplus_is_refused(leaf: bytes) -> None:
    for length in range(len(leaf)):
        with pytest.raises(UnreadableLeaf):
            read_leaf(leaf[:length])
    with pytest.raises(UnreadableLeaf):
        read_leaf(leaf + b"\0")


@pytest.mark.parametrize(
    "leaf",
    [
        order_leaf(ORDER._replace(action=6), AT_MS),
        order_leaf(ORDER._replace(status=0), AT_MS),
        order_leaf(ORDER, 2**63),
        command_leaf(COMMAND._replace(kind=99), AT_MS),
        command_leaf(COMMAND, 2**63),
        command_leaf(COMMAND, AT_MS).replace(b"released", b"\xff" * 8),
        command_leaf(COMMAND, AT_MS).replace(b"/v1/", b"/v2/"),
    ],
)
def test_what_version_1_does_not_know_is_refused(leaf: bytes) -> None:
    with pytest.raises(UnreadableLeaf):
        read_leaf(leaf)


def test_each_part_of_a_row_changes_the_leaf() -> None:
    leaf = order_leaf(ORDER, AT_MS)
    for name, value in ORDER._asdict().items():
        other: Any = value + 1 if isinstance(value, int) else value[:-1]
        assert order_leaf(ORDER._replace(**{name: other}), AT_MS) != leaf, name
    command = command_leaf(COMMAND, AT_MS)
    for name, value in COMMAND._asdict().items():
        changed: Any = value + 1 if isinstance(value, int) else value[:-1]
        assert command_leaf(COMMAND._replace(**{name: changed}), AT_MS) != command, name


def test_a_byte_cannot_move_from_one_part_to_the_next() -> None:
    """Lengths are bound, so the same bytes split otherwise are another leaf."""
    moved = COMMAND._replace(detail=b"detailb", body=b"ody")
    assert command_leaf(moved, AT_MS) != command_leaf(COMMAND, AT_MS)
    sides = ORDER._replace(debtor_side=b"debtor sidec", creditor_side=b"reditor side")
    assert order_leaf(sides, AT_MS) != order_leaf(ORDER, AT_MS)


def test_times_are_written_to_the_millisecond() -> None:
    assert time_text(0) == "1970-01-01T00:00:00.000Z"
    assert time_text(AT_MS) == "2027-01-15T08:00:00.123Z"


def test_numbers_have_their_documented_widths() -> None:
    """The layout of docs/formats.md, in bytes."""
    leaf = command_leaf(COMMAND, AT_MS)
    prefix = b"countersign/leaf/v1/command\0"
    numbers = struct.pack(">QQBQH", 9, AT_MS, 13, 7, 8)
    assert leaf[: len(prefix) + 27] == prefix + numbers
    assert leaf[len(prefix) + 27 : -32] == DIGEST + b"released"
