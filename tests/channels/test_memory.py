"""A long file costs time, not memory: what is resident is looked at while the file is read."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.pain001 import Block, Message, Payment

from countersign.channels.credit_transfers import check_message, read_instructions
from countersign.channels.model import Instruction

# One tree of the longer file takes over 150 MB; the reader takes the same for any length.
GROWTH_BYTES_MAX = 20_000_000


class _Watched(io.BufferedReader):
    """A file that notes the memory of this process whenever it is read."""

    def __init__(self, file: Path) -> None:
        super().__init__(io.FileIO(file))
        self.start_bytes = _resident_bytes()
        self.growth_bytes = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.growth_bytes = max(self.growth_bytes, _resident_bytes() - self.start_bytes)
        return super().read(size)


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def _write(file: Path, *, payments: int, payments_per_block: int) -> None:
    head, _, _ = Message(count=payments).text().partition("<PmtInf>")
    blocks = (
        "".join(_block(start, payments_per_block))
        for start in range(0, payments, payments_per_block)
    )
    with file.open("w") as target:
        target.write(head)
        target.writelines(blocks)
        target.write("</CstmrCdtTrfInitn></Document>")


def _block(start: int, count: int) -> Iterator[str]:
    text = Message(blocks=(Block(payments=(Payment(end_to_end_id="@"),)),)).text()
    block = text[text.index("<PmtInf>") : text.index("</PmtInf>")]
    head, mark, payment = block.partition("<CdtTrfTxInf>")
    yield head
    for number in range(start, start + count):
        ids = f"<InstrId>I{number}</InstrId><EndToEndId>E{number}</EndToEndId>"
        yield (mark + payment).replace("<EndToEndId>@</EndToEndId>", ids)
    yield "</PmtInf>"


@pytest.mark.parametrize(("payments", "payments_per_block"), [(50_000, 50_000), (20_000, 1)])
def test_memory_is_bounded_in_both_passes(
    tmp_path: Path, payments: int, payments_per_block: int
) -> None:
    file = tmp_path / "long.xml"
    _write(file, payments=payments, payments_per_block=payments_per_block)
    with _Watched(file) as stream:
        checked = check_message(stream, schema_dir=None)
        last_position = 0
        for payment in read_instructions(stream, checked, schema_dir=None):
            assert isinstance(payment, Instruction)
            last_position = payment.position
        assert last_position == checked.header.number_of_transactions == payments
        assert stream.growth_bytes < GROWTH_BYTES_MAX
