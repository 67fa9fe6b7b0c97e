"""What a rail has accepted: durable, settled once, for one rail alone."""

from pathlib import Path

import pytest

from countersign.entrypoints.rail.book import Arrival, Book, Entry, settled
from countersign.entrypoints.rail.errors import RailStoreInUse, RailStoreUnusable
from countersign.kernel.money import Money

pytestmark = pytest.mark.fast

ENTRY = Entry("T-1", "U-1", "M-1", 1250, "EUR", "ACSP", None, 100)
SETTLE = ("ACSC", None)


def test_the_first_of_an_id_stands(tmp_path: Path) -> None:
    book = Book(tmp_path / "rail.db")
    assert book.accept(ENTRY, now_ms=1) == (Arrival.NEW, ENTRY)
    assert book.accept(ENTRY._replace(due_ms=5, message_id="M-2"), now_ms=2) == (
        Arrival.AGAIN,
        ENTRY,
    )
    for other in (
        ENTRY._replace(amount=1),
        ENTRY._replace(currency="USD"),
        ENTRY._replace(uetr="U-2"),
        ENTRY._replace(transaction_id="T-2"),  # Another transfer of the same UETR.
    ):
        assert book.accept(other, now_ms=3) == (Arrival.CONFLICTING, ENTRY)
    assert book.count() == 1
    book.close()


def test_what_is_due_is_decided_once(tmp_path: Path) -> None:
    file = tmp_path / "rail.db"
    book = Book(file)
    book.accept(ENTRY, now_ms=1)
    book.accept(ENTRY._replace(transaction_id="T-2", uetr="U-2", due_ms=200), now_ms=1)
    assert book.decide_due(99, lambda _: SETTLE, count_max=9) == []
    decided = book.decide_due(100, lambda _: SETTLE, count_max=9)
    assert [(each.transaction_id, each.status) for each in decided] == [("T-1", "ACSC")]
    assert book.decide_due(150, lambda _: ("RJCT", "AC04"), count_max=9) == []
    assert book.next_due_ms() == 200
    book.decide_due(200, lambda _: ("RJCT", "AC04"), count_max=9)
    assert book.next_due_ms() is None
    amount = Money(minor_units=1250, currency="EUR")
    assert settled(file) == [("T-1", amount, "ACSC", 1), ("T-2", amount, "RJCT", 0)]
    book.close()
    # Read as well when no rail runs, and by the next rail.
    assert len(settled(file)) == 2
    again = Book(file)
    found = again.find("T-2", None)
    assert found is not None
    assert (found.status, found.reason) == ("RJCT", "AC04")
    again.close()


def test_a_fault_while_deciding_leaves_nothing_half_done(tmp_path: Path) -> None:
    book = Book(tmp_path / "rail.db")
    book.accept(ENTRY, now_ms=1)
    book.accept(ENTRY._replace(transaction_id="T-2", uetr="U-2"), now_ms=1)

    def fails_at_the_second(transaction_id: str) -> tuple[str, str | None]:
        if transaction_id == "T-2":
            raise KeyError
        return SETTLE

    with pytest.raises(KeyError):
        book.decide_due(100, fails_at_the_second, count_max=9)
    assert [each.status for each in settled(tmp_path / "rail.db")] == ["ACSP", "ACSP"]
    assert len(book.decide_due(100, lambda _: SETTLE, count_max=1)) == 1
    book.close()


def test_a_store_has_one_rail_and_one_owner(tmp_path: Path) -> None:
    file = tmp_path / "rail.db"
    book = Book(file)
    with pytest.raises(RailStoreInUse):
        Book(file)
    book.close()
    Book(file).close()
    assert file.stat().st_mode & 0o077 == 0


def test_a_store_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RailStoreUnusable):
        Book(tmp_path / "none" / "rail.db")
    (tmp_path / "garbage").write_bytes(b"garbage" * 1000)
    with pytest.raises(RailStoreUnusable):
        Book(tmp_path / "garbage")
    with pytest.raises(RailStoreUnusable):
        settled(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()
