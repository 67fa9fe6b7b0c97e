"""What a backup holds, as msgpack records: a manifest, then each table in blocks, then the sums.

A record is one piece of the archive. Tables come in the order in which they can be loaded.
"""

import msgspec

from countersign.gate.head import Head

BLOCK_BYTES = 1024 * 1024


class AppliedMigration(msgspec.Struct, frozen=True):
    number: int
    name: str
    sha256: bytes


class Manifest(msgspec.Struct, frozen=True, kw_only=True, tag="manifest"):
    """What it is a backup of, and what a database must look like before the tables go in."""

    made_by: str  # The version of Countersign.
    instance: bytes
    name: str
    made_ms: int
    head: Head  # The head file as it was before the copy of the database began.
    migrations: list[AppliedMigration]
    days: list[int]  # Which day partitions there are.
    files: dict[str, bytes]  # Small files of the data folder, by name.


class TableBegins(msgspec.Struct, frozen=True, kw_only=True, tag="table"):
    """Blocks of `COPY ... (FORMAT binary)` of one table or partition follow."""

    table: str  # schema.table; of a partition its root.
    columns: list[str]


class Block(msgspec.Struct, frozen=True, kw_only=True, tag="block"):
    content: bytes


class TableEnds(msgspec.Struct, frozen=True, kw_only=True, tag="end"):
    rows: int


class Sequence(msgspec.Struct, frozen=True, kw_only=True):
    name: str  # schema.sequence
    last_value: int
    is_called: bool


class Sums(msgspec.Struct, frozen=True, kw_only=True, tag="sums"):
    """The last record."""

    tables: int
    rows: int
    batch_seq: int
    term: int
    batch_ms: int
    log_size: int
    root: bytes
    checkpoint: str | None  # The newest signed note of the log.
    sequences: list[Sequence]


Record = Manifest | TableBegins | Block | TableEnds | Sums

encode_record = msgspec.msgpack.Encoder().encode
decode_record = msgspec.msgpack.Decoder(Record).decode
