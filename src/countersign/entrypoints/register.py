"""The register of received files: begun when a file was kept, ended with what it came to.

What broke off in between stays begun; the same file, received again, is another one here, whose
payments have the leaves that they had.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg

from countersign.channels.actions import begin_file, end_file
from countersign.channels.model import FileEnd
from countersign.flows.ingest_file import Ingested
from countersign.infra.clock import SystemClock
from countersign.vault.seal import Place, open_sealed, seal
from countersign.vault.subjects import SubjectKeys

NAMED_PLACE = Place("channels.file.named")


@dataclass(slots=True)
class Reception:
    """One file on its way through the gate."""

    dsn: str
    keys: SubjectKeys
    file_id: bytes
    name: str
    _numbers: "array[int]" = field(default_factory=lambda: array("q"))

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        begin_file(connection, self.file_id, SystemClock().now_ms(), self._named(""))

    def note(self, numbers: Sequence[int]) -> None:
        """The leaves of the next payments."""
        self._numbers.extend(numbers)

    def end(self, ingested: Ingested) -> None:
        """Say what it came to, before it is answered."""
        end = FileEnd(
            SystemClock().now_ms(),
            self._named(ingested.message_id or ""),
            ingested.kind or "",
            str(ingested.group_status),
            ingested.refusal or "",
            ingested.payments,
            _joined(ingested.statuses),
            _joined(ingested.totals),
        )
        with psycopg.connect(self.dsn) as connection:
            end_file(connection, self.file_id, end, self._numbers)

    def _named(self, message_id: str) -> bytes:
        key = self.keys.ensure([self.file_id])[self.file_id]
        return seal(
            key.aead,
            instance=self.keys.instance,
            place=NAMED_PLACE,
            row=self.file_id,
            subject=self.file_id,
            epoch=key.epoch,
            plaintext=_encode([self.name, message_id]),
        )


def open_named(keys: SubjectKeys, file_id: bytes, named: bytes) -> tuple[str, str]:
    """Name and message id of a file; raises SubjectErased."""
    opened = open_sealed(
        keys.find([file_id])[file_id].aead,
        instance=keys.instance,
        place=NAMED_PLACE,
        row=file_id,
        subject=file_id,
        sealed=named,
    )
    return _decode(opened)


def _joined(counts: dict[str, int] | dict[str, str]) -> str:
    return ",".join(f"{name}={value}" for name, value in counts.items())


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[str, str]).decode
