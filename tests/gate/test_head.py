"""The head file: two slots with checksums, of one instance, and written before any answer."""

from pathlib import Path

import pytest
from tests.support.gate import INSTANCE, Harness, MemoryHead
from tests.support.syncs import watch_syncs

from countersign.gate.commands import Answer, Submission
from countersign.gate.errors import NoHeadFile
from countersign.gate.head import Head, HeadFile
from countersign.gate.journal.memory import Disk
from countersign.gate.waiting import Limits

pytestmark = pytest.mark.fast

SLOT_BYTES = 512


def a_head(seq: int) -> Head:
    return Head(seq, 1, bytes([seq]) * 32, bytes([seq + 1]) * 32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "head"


@pytest.fixture
def file(path: Path) -> HeadFile:
    file = HeadFile(path, INSTANCE)
    file.create()
    return file


def test_a_new_file_is_private_and_says_that_nothing_has_begun(file: HeadFile, path: Path) -> None:
    assert file.read() == Head(0, 0, bytes(32), bytes(32))
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_existing_file_is_never_made_anew(file: HeadFile) -> None:
    file.write(a_head(1))
    with pytest.raises(FileExistsError):
        file.create()
    assert file.read() == a_head(1)


def test_the_newest_is_read_by_whoever_comes_next(file: HeadFile, path: Path) -> None:
    for seq in (1, 2, 3, 4):
        file.write(a_head(seq))
        assert HeadFile(path, INSTANCE).read() == a_head(seq)
    file.close()
    assert HeadFile(path, INSTANCE).read() == a_head(4)


def test_an_older_head_changes_nothing(file: HeadFile, path: Path) -> None:
    """A gate that was asleep wakes up and writes what its successor has long passed."""
    awake = HeadFile(path, INSTANCE)
    for seq in (1, 2, 3, 4, 5):
        awake.write(a_head(seq))
    before = path.read_bytes()
    for seq in (3, 4):
        file.write(a_head(seq))
    assert path.read_bytes() == before


def test_a_torn_write_spoils_one_slot_only(file: HeadFile, path: Path) -> None:
    file.write(a_head(4))
    file.write(a_head(5))
    content = path.read_bytes()
    for at in range(100, 104):  # Within the numbers, the hashes and the checksum of the slot of 5.
        torn = bytearray(content)
        torn[SLOT_BYTES + at] ^= 1
        path.write_bytes(torn)
        assert file.read() == a_head(4)


def test_no_changed_byte_goes_unnoticed(path: Path) -> None:
    file = HeadFile(path, INSTANCE)
    file.create()
    content = path.read_bytes()
    assert len(content) == SLOT_BYTES
    for at in range(len(content.rstrip(b"\x00"))):
        changed = bytearray(content)
        changed[at] ^= 0x80
        path.write_bytes(changed)
        with pytest.raises(NoHeadFile):
            file.read()


@pytest.mark.parametrize("content", [b"", b"\x00" * 1024, b"countersign/head/v1\x00"])
def test_what_is_no_head_file_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(NoHeadFile):
        HeadFile(path, INSTANCE).read()


def test_a_missing_file_is_refused_and_not_made(path: Path) -> None:
    with pytest.raises(NoHeadFile):
        HeadFile(path, INSTANCE).read()
    assert not path.exists()


def test_the_head_of_another_instance_is_none(file: HeadFile, path: Path) -> None:
    file.write(a_head(1))
    with pytest.raises(NoHeadFile):
        HeadFile(path, b"\x22" * 16).read()


@pytest.mark.parametrize("limits", [Limits(), Limits(batch_max=2, busy_at=1)])
def test_nobody_is_answered_before_the_head_is_written(limits: Limits) -> None:
    """Else a database that loses an answered batch passes for a whole one."""
    disk, head = Disk(), MemoryHead()
    behind: list[int] = []

    def on_answers(pairs: list[tuple[Submission, Answer]]) -> None:
        answered = {answer.number for _, answer in pairs}
        known = {
            number
            for batch in disk.batches
            if batch.header.seq <= head.head.seq
            for number in range(
                batch.header.first_number, batch.header.first_number + batch.header.leaves
            )
        }
        behind.extend(answered - known)

    gate = Harness(disk=disk, head=head, limits=limits, on_answers=on_answers)
    gate.start().a_city()
    for number in range(9):
        order = gate.order(salt=str(number))
        gate.engine.submit(gate.submission(order, credential=gate.channel))
    gate.engine.drain()
    assert len(gate.every_answer) > 15
    assert behind == []


def test_a_head_is_made_durable_when_it_is_new_when_asked_and_at_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs = watch_syncs(monkeypatch)
    file = HeadFile(path, INSTANCE)
    file.create()
    assert [sync.name for sync in syncs] == ["head"]
    file.sync()  # Nothing was written since.
    file.write(a_head(1))
    file.sync()
    file.write(a_head(2))
    file.close()
    assert [sync.name for sync in syncs] == ["head"] * 3
