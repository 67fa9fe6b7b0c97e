"""The sealed file of a backup: read back as written, refused by name in every other case."""

import io
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from countersign.flows.backup import loading
from countersign.flows.backup.archive import ArchiveReader, ArchiveWriter
from countersign.flows.backup.checking import check
from countersign.flows.backup.errors import (
    CannotWrite,
    CutOff,
    Damaged,
    FileExists,
    NewerVersion,
    NotABackup,
)
from countersign.flows.backup.keys import open_keyset
from countersign.flows.backup.records import (
    AppliedMigration,
    Block,
    Manifest,
    Sums,
    TableBegins,
    TableEnds,
    encode_record,
)
from countersign.flows.backup.whole_file import whole_file
from countersign.gate.head import Head
from countersign.infra.migrations.errors import DatabaseTooNew, MigrationChanged
from countersign.infra.migrations.runner import read_migrations
from countersign.vault.errors import CannotOpen
from countersign.vault.keyset import Keyset, create_keyset
from countersign.vault.protectors import KeyFileProtector, Protector, create_key_file

pytestmark = pytest.mark.fast

INSTANCE = b"\x22" * 16
PIECES = (b"first piece", b"", b"planted in the middle" * 100, b"last piece")
MANIFEST = Manifest(
    made_by="0",
    instance=INSTANCE,
    name="bank",
    made_ms=1,
    head=Head(0, 0, b"\x00" * 32, b"\x00" * 32),
    migrations=[],
    days=[],
    files={},
)
SUMS = Sums(
    tables=1,
    rows=0,
    batch_seq=0,
    term=0,
    batch_ms=0,
    log_size=0,
    root=b"",
    checkpoint=None,
    sequences=[],
)
BEGINS = TableBegins(table="gate.batch", columns=["seq"])
BLOCK = Block(content=b"x")
ENDS = TableEnds(rows=1)


@dataclass
class Keys:
    keyset: Keyset
    file: bytes
    protector: Protector


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return new_keys(tmp_path_factory.mktemp("keys"))


def new_keys(folder: Path) -> Keys:
    data = folder / "data"
    data.mkdir()
    create_key_file(folder / "key", data_dir=data)
    protector = KeyFileProtector(path=folder / "key", data_dir=data)
    keyset = create_keyset(data / "keyset", protector)
    return Keys(keyset, (data / "keyset").read_bytes(), protector)


def written(keys: Keys, *pieces: bytes, has_end: bool = True, name: str = "bank") -> bytes:
    out = io.BytesIO()
    writer = ArchiveWriter(
        out,
        instance=INSTANCE,
        name=name,
        made_ms=1,
        keyset=keys.keyset,
        keyset_file=keys.file,
    )
    for number, piece in enumerate(pieces, 1):
        writer.write(piece, is_last=has_end and number == len(pieces))
    assert writer.bytes_written == len(out.getvalue())
    return out.getvalue()


def read(content: bytes, protector: Protector) -> list[bytes]:
    """As a restore reads: with nothing but the archive and the key."""
    reader = ArchiveReader(io.BytesIO(content), file="a file")
    return list(reader.pieces(open_keyset(reader.header.keyset, protector)))


def cut_into_pieces(content: bytes) -> tuple[bytes, list[bytes]]:
    """The opening, and each piece with its length."""
    magic = len(b"countersign/backup/v1\x00")
    at = magic + 4 + int.from_bytes(content[magic : magic + 4], "big")
    opening, pieces = content[:at], []
    while at < len(content):
        end = at + 4 + int.from_bytes(content[at : at + 4], "big")
        pieces.append(content[at:end])
        at = end
    return opening, pieces


def test_an_archive_and_its_key_are_enough(keys: Keys) -> None:
    content = written(keys, *PIECES)
    assert read(content, keys.protector) == [*PIECES]
    assert b"planted" not in content
    assert content != written(keys, *PIECES), "each file has a key of its own"


def test_a_bit_changed_anywhere_is_refused(keys: Keys) -> None:
    content = written(keys, *PIECES[:2], PIECES[3])
    for place in range(0, len(content), 3):
        changed = bytearray(content)
        changed[place] ^= 1 << place % 8
        with pytest.raises((Damaged, CutOff, NotABackup, NewerVersion, CannotOpen)):
            read(bytes(changed), keys.protector)


def test_an_archive_that_is_cut_off_is_refused_wherever(keys: Keys) -> None:
    content = written(keys, *PIECES)
    opening, pieces = cut_into_pieces(content)
    at = len(opening)
    for length in {*range(30, len(content), 97), at, at + len(pieces[0]), len(content) - 1}:
        with pytest.raises(CutOff):
            read(content[:length], keys.protector)
    for length in (0, 10):
        with pytest.raises(NotABackup):
            read(content[:length], keys.protector)


def test_what_was_never_finished_is_cut_off(keys: Keys) -> None:
    with pytest.raises(CutOff) as refused:
        read(written(keys, *PIECES, has_end=False), keys.protector)
    assert refused.value.details["piece"] == len(PIECES)


Rearranged = Callable[[list[bytes]], list[bytes]]


@pytest.mark.parametrize(
    "rearranged",
    [
        lambda p: [p[1], p[0], *p[2:]],
        lambda p: p[1:],
        lambda p: [p[0], *p[2:]],
        lambda p: [p[0], *p],
        lambda p: [*p, p[-1]],
        lambda p: [*p[:-1], p[-1], b"\x00"],
        lambda p: [*p[:-2], p[-1]],
    ],
    ids=["swapped", "no first", "no second", "doubled", "last doubled", "longer", "end moved"],
)
def test_pieces_open_in_their_place_only(keys: Keys, rearranged: Rearranged) -> None:
    opening, pieces = cut_into_pieces(written(keys, *PIECES))
    with pytest.raises(Damaged):
        read(opening + b"".join(rearranged(pieces)), keys.protector)


def test_pieces_of_another_archive_are_refused(keys: Keys) -> None:
    opening, pieces = cut_into_pieces(written(keys, *PIECES))
    _, others = cut_into_pieces(written(keys, *PIECES))
    with pytest.raises(Damaged):
        read(opening + b"".join([pieces[0], *others[1:]]), keys.protector)


def test_another_key_opens_nothing(keys: Keys, tmp_path: Path) -> None:
    with pytest.raises(CannotOpen):
        read(written(keys, *PIECES), new_keys(tmp_path).protector)


def test_a_keyset_put_in_place_of_the_right_one_opens_nothing(keys: Keys, tmp_path: Path) -> None:
    other = new_keys(tmp_path)
    mixed = Keys(keys.keyset, other.file, other.protector)
    with pytest.raises(Damaged):
        read(written(mixed, *PIECES), other.protector)


def test_a_newer_format_and_another_file_are_told_apart(keys: Keys) -> None:
    content = written(keys, *PIECES)
    with pytest.raises(NewerVersion):
        read(content.replace(b"backup/v1", b"backup/v2", 1), keys.protector)
    with pytest.raises(NotABackup):
        read(b"PGDMP" + content, keys.protector)
    with pytest.raises(NewerVersion):
        check_of(keys, b"\x81\xa4type\xa6future")


def check_of(keys: Keys, *records: bytes, name: str = "bank") -> None:
    reader = ArchiveReader(io.BytesIO(written(keys, *records, name=name)), file="a file")
    check(reader, keys.keyset, file="a file", progress=lambda _: None)


def test_records_in_their_order_are_a_backup(keys: Keys) -> None:
    order = (MANIFEST, BEGINS, BLOCK, BLOCK, ENDS, BEGINS, ENDS, SUMS)
    check_of(keys, *map(encode_record, order))


@pytest.mark.parametrize(
    "order",
    [
        (SUMS,),
        (BEGINS, ENDS, SUMS),
        (MANIFEST, MANIFEST, SUMS),
        (MANIFEST, BLOCK, SUMS),
        (MANIFEST, BEGINS, SUMS),
        (MANIFEST, BEGINS, BLOCK, SUMS),
        (MANIFEST, ENDS, SUMS),
        (MANIFEST, SUMS, SUMS),
        (MANIFEST, BEGINS, ENDS),
        (MANIFEST,),
    ],
)
def test_records_in_another_order_are_none(keys: Keys, order: tuple[object, ...]) -> None:
    with pytest.raises((Damaged, CutOff)):
        check_of(keys, *map(encode_record, order))


def test_a_header_that_names_another_installation_is_refused(keys: Keys) -> None:
    with pytest.raises(Damaged):
        check_of(keys, encode_record(MANIFEST), encode_record(SUMS), name="another")


def test_migrations_that_this_version_does_not_have_are_refused() -> None:
    known = [AppliedMigration(m.number, m.name, m.sha256) for m in read_migrations()]
    loading.require_known(known)
    newer = AppliedMigration(9999, "from_the_future", b"\x00" * 32)
    with pytest.raises(DatabaseTooNew):
        loading.require_known([*known, newer])
    changed = AppliedMigration(known[0].number, known[0].name, b"\x00" * 32)
    with pytest.raises(MigrationChanged):
        loading.require_known([changed, *known[1:]])


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.csbackup"
    with whole_file(path) as stream:
        stream.write(b"content")
        assert not path.exists()
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExists), whole_file(path) as stream:
        stream.write(b"other")
    assert path.read_bytes() == b"content"


def test_what_goes_wrong_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(CutOff), whole_file(tmp_path / "b") as stream:
        stream.write(b"half")
        raise CutOff(file="b", piece=1)
    late = tmp_path / "c"
    with pytest.raises(FileExists), whole_file(late) as stream:
        late.write_bytes(b"of somebody who was faster")
    with pytest.raises(CannotWrite), whole_file(tmp_path / "no such folder" / "d"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    assert late.read_bytes() == b"of somebody who was faster"
