"""Files changed at random are read or refused: no other exception, and memory that stays.

The parsers share COUNTERSIGN_FUZZ_SECONDS: a minute here, ten in `make long`. Each tries as many
variants as fit into its share, and so many in any case that they reach deep. The variants are the
same each time, as far as they go; a failure names its variant's number, which makes it again.
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
from typing import NamedTuple

import msgspec
import pytest
from tests.channels.test_csv import HEADER, ROW
from tests.channels.test_interbank import FULL
from tests.channels.test_mapping import GOOD
from tests.rails.test_pacs004 import RETURN
from tests.rails.test_pacs008 import FULL as FULL_TRANSFER
from tests.support.mutations import mutated
from tests.support.pacs008 import PACS_VERSIONS, InterbankMessage
from tests.support.pain001 import PAIN_VERSIONS, Block, Envelope, Message, Payment
from tests.support.rails import a_request, a_transfer

from countersign.channels.csv_files import CsvFiles
from countersign.channels.files import FileKind, MessageFiles
from countersign.channels.mapping import read_mapping
from countersign.channels.model import PaymentResult, PaymentStatus, ReportHead
from countersign.flows.ingest_file import try_file
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.kernel.refusal import Refusal
from countersign.rails.messages import RailStatusReport
from countersign.rails.pacs002 import read_status, write_status
from countersign.rails.pacs004 import read_receipt, read_return, write_receipt, write_return
from countersign.rails.pacs008 import read_credit_transfer, write_credit_transfer
from countersign.rails.pacs028 import read_status_request, write_status_request
from countersign.rails.versions import PAYMENT_RETURNS

SECONDS = float(os.environ.get("COUNTERSIGN_FUZZ_SECONDS") or 60)
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


RETURNS = [write_return(RETURN, created_ms=0)] + [
    write_return(
        msgspec.structs.replace(RETURN, original_message_id=None, version=version), created_ms=0
    )
    for version in sorted(PAYMENT_RETURNS)
]
RECEIPTS = [
    write_receipt(
        msgspec.structs.replace(RETURN, version=version), content_hash=bytes(32), created_ms=0
    )
    for version in sorted(PAYMENT_RETURNS)
]
TRANSFERS = [
    write_credit_transfer(transfer, attempt=1, created_ms=0)
    for transfer in (FULL_TRANSFER, a_transfer())
]
QUESTIONS = [write_status_request(a_request(bytes(32), question=n), created_ms=0) for n in (1, 2)]


def fuzzed(
    name: str, seeds: list[bytes], read: Callable[[bytes], object], *, variants: int, seconds: float
) -> Counter[str]:
    """What came of the variants: refusals by code, and how often there was none."""
    found: Counter[str] = Counter()
    ends = time.monotonic() + seconds
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


class Parser(NamedTuple):
    name: str
    seeds: list[bytes]
    read: Callable[[bytes], object]
    variants: int  # At least.
    told: set[str]  # What comes of some of them.


def _of_a_rail(read: Callable[..., object]) -> Callable[[bytes], object]:
    """A message as rail and worker read it of each other; what is read goes into a record."""
    return lambda content: msgspec.msgpack.encode(read(content, schema_dir=None))


def _in_encoding(encoding: str) -> Parser:
    kind = CsvFiles(read_mapping(GOOD.replace("cp1252", encoding).encode()))
    seeds = [SHEET.replace("Ñ", "n").encode(encoding)]
    told = {"channels.wrong_csv_encoding"}
    return Parser(f"csv {encoding}", seeds, _ingested(kind), variants=100, told=told)


MESSAGE = {"read", "iso20022.not_xml"}
SHEETS = [SHEET.encode("cp1252"), SHEET.replace("\n", "\r\n").encode("cp1252")]
PARSERS = [
    Parser(
        "pain.001", CUSTOMER, _ingested(MessageFiles(None)), 200, MESSAGE | {"iso20022.invalid"}
    ),
    Parser(
        "pacs.008", INTERBANK, _ingested(MessageFiles(None)), 200, MESSAGE | {"iso20022.invalid"}
    ),
    Parser(
        "csv",
        SHEETS,
        _ingested(CsvFiles(read_mapping(GOOD.encode()))),
        500,
        {"read", "channels.malformed_csv", "channels.missing_trailer"},
    ),
    *map(_in_encoding, ["utf-8", "utf-16", "gb18030", "shift_jis"]),
    Parser(
        "mapping",
        [GOOD.encode()],
        read_mapping,
        500,
        {"read", "channels.bad_mapping", "channels.malformed_mapping"},
    ),
    Parser("pacs.002", STATUSES, _of_a_rail(read_status), 300, MESSAGE | {"rails.missing_element"}),
    Parser(
        "pacs.004", RETURNS, _of_a_rail(read_return), 300, MESSAGE | {"rails.malformed_element"}
    ),
    Parser("receipt", RECEIPTS, _of_a_rail(read_receipt), 300, MESSAGE | {"rails.missing_element"}),
    Parser(
        "rail's pacs.008",
        TRANSFERS,
        _of_a_rail(read_credit_transfer),
        300,
        MESSAGE | {"iso20022.invalid"},
    ),
    Parser(
        "pacs.028",
        QUESTIONS,
        _of_a_rail(read_status_request),
        300,
        MESSAGE | {"rails.missing_element"},
    ),
]


@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_a_hostile_file_is_read_or_refused(parser: Parser) -> None:
    found = fuzzed(
        parser.name,
        parser.seeds,
        parser.read,
        variants=parser.variants,
        seconds=SECONDS / len(PARSERS),
    )
    assert parser.told <= set(found)
