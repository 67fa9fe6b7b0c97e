"""Files changed at random are read or refused: no other exception, and memory that stays.

Each parser gets a fixed number of variants; with COUNTERSIGN_FUZZ_SECONDS (`make long`) as many as
fit into that time. A failure names the variant's number, which makes it again.
"""

import io
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest
from tests.channels.test_csv import HEADER, ROW
from tests.channels.test_interbank import FULL
from tests.channels.test_mapping import GOOD
from tests.support.mutations import mutated
from tests.support.pacs008 import PACS_VERSIONS, InterbankMessage
from tests.support.pain001 import PAIN_VERSIONS, Block, Envelope, Message, Payment

from countersign.channels.csv_files import CsvFiles
from countersign.channels.files import FileKind, MessageFiles
from countersign.channels.mapping import read_mapping
from countersign.channels.model import PaymentResult, PaymentStatus, ReportHead
from countersign.flows.ingest_file import try_file
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.kernel.refusal import Refusal
from countersign.rails.messages import RailStatusReport
from countersign.rails.pacs002 import read_status, write_status

SECONDS = float(os.environ.get("COUNTERSIGN_FUZZ_SECONDS") or 0)
GROWTH_BYTES_MAX = 100_000_000
A_BATCH = 50
HEAD = ReportHead(message_id="REPORT-1", created_ms=0)
UETR = "e5f6a7b8-c9d0-4234-ab12-345678901234"

PAYMENTS = (
    Payment(instruction_id="I-1", end_to_end_id="E-1", amount="12.50"),
    Payment(
        end_to_end_id="E-2",
        kind_xml="<PmtTpInf><InstrPrty>HIGH</InstrPrty><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>",
        creditor_xml="<PstlAdr><AdrLine>1 Road</AdrLine></PstlAdr>",
        after_account_xml="<RmtInf><Ustrd>Invoice</Ustrd></RmtInf>",
    ),
)
CUSTOMER = [
    Message(
        version=version, blocks=(Block(payments=PAYMENTS, count=2),), control_sum="25.00"
    ).bytes()
    for version in PAIN_VERSIONS
] + [Envelope().stream().read()]
INTERBANK = [
    InterbankMessage(
        version=version,
        payments=(FULL, replace(FULL, ids_xml="<EndToEndId>E-2</EndToEndId><TxId>T-2</TxId>")),
        sums_xml='<CtrlSum>25</CtrlSum><TtlIntrBkSttlmAmt Ccy="EUR">25</TtlIntrBkSttlmAmt>',
    ).bytes()
    for version in PACS_VERSIONS
]
SHEET = f'{HEADER}\n{ROW}\n{ROW.replace("N1", "N2")}\n"N3";;;"a\nb";1;1;\nTOTAL;3;;;1,00;\n'
STATUSES = [
    write_status(
        RailStatusReport(
            message_id="R-1",
            original_message_id="M-1",
            status=status,
            transaction_id="T-1",
            uetr=UETR,
            reason_codes=("AC03", "NARR"),
            proprietary_reason="E433",
            text="told\nin lines",
        ),
        created_ms=0,
    )
    for status in ("ACSC", "RJCT")
]


def fuzzed(
    name: str, seeds: list[bytes], read: Callable[[bytes], object], *, variants: int
) -> Counter[str]:
    """What came of the variants: refusals by code, and how often there was none."""
    found: Counter[str] = Counter()
    ends = time.monotonic() + SECONDS
    number = 0
    before = 0
    while number < variants or time.monotonic() < ends:
        # As `ingest` reads each file: what lxml keeps for a thread ends with it.
        in_own_thread(partial(_batch, name, seeds, read, start=number, found=found))
        number += A_BATCH
        if number == 2 * A_BATCH:  # Schemas and tables are loaded by now.
            before = _resident_bytes()
    assert _resident_bytes() - before < GROWTH_BYTES_MAX
    return found


def _batch(
    name: str,
    seeds: list[bytes],
    read: Callable[[bytes], object],
    *,
    start: int,
    found: Counter[str],
) -> None:
    for number in range(start, start + A_BATCH):
        random = Random(f"{name} {number}")
        content = mutated(random.choice(seeds), random, others=seeds)
        try:
            read(content)
        except Refusal as refusal:
            found[refusal.code] += 1
        except Exception as error:
            error.add_note(f"{name} {number}: {content[:4000]!r}")
            raise
        else:
            found["read"] += 1


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


def _ingested(kind: FileKind) -> Callable[[bytes], object]:
    """A file as `ingest` takes it, up to the gate, with its answer."""

    def read(content: bytes) -> None:
        stream = io.BytesIO(content)
        results: list[PaymentResult] = []
        try:
            header = kind.check(stream).header
        except Refusal as refusal:
            refused = kind.header_of_refused(stream)
            if refused is not None:
                kind.write_rejection(io.BytesIO(), head=HEAD, header=refused, refusal=refusal)
            raise
        said = try_file(
            stream,
            tell=lambda result, _: results.append(result),
            kind=kind,
        )
        assert said.refusal is None
        counts = Counter(result.status for result in results)
        kind.write_report(
            io.BytesIO(), head=HEAD, header=header, counts=counts, results=iter(results)
        )
        if PaymentStatus.REJECTED not in counts:
            return
        assert all(r.reason_code for r in results if r.status is PaymentStatus.REJECTED)

    return read


@pytest.mark.parametrize(("name", "seeds"), [("pain.001", CUSTOMER), ("pacs.008", INTERBANK)])
def test_messages_of_orders(name: str, seeds: list[bytes]) -> None:
    found = fuzzed(name, seeds, _ingested(MessageFiles(None)), variants=600)
    assert {"read", "iso20022.invalid", "iso20022.not_xml"} <= set(found)


def test_csv_files() -> None:
    seeds = [SHEET.encode("cp1252"), SHEET.replace("\n", "\r\n").encode("cp1252")]
    found = fuzzed("csv", seeds, _ingested(CsvFiles(read_mapping(GOOD.encode()))), variants=1500)
    assert {"read", "channels.malformed_csv", "channels.missing_trailer"} <= set(found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030", "shift_jis"])
def test_csv_files_of_other_encodings(encoding: str) -> None:
    plain = GOOD.replace("cp1252", encoding)
    seeds = [SHEET.replace("Ñ", "n").encode(encoding)]
    kind = CsvFiles(read_mapping(plain.encode()))
    found = fuzzed(f"csv {encoding}", seeds, _ingested(kind), variants=200)
    assert "channels.wrong_csv_encoding" in found


def test_mappings() -> None:
    found = fuzzed("mapping", [GOOD.encode()], read_mapping, variants=1500)
    assert {"read", "channels.bad_mapping", "channels.malformed_mapping"} <= set(found)


def test_statuses_of_a_rail() -> None:
    found = fuzzed(
        "pacs.002", STATUSES, lambda raw: read_status(raw, schema_dir=None), variants=1000
    )
    assert {"read", "iso20022.not_xml", "rails.missing_element"} <= set(found)
