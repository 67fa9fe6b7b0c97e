"""Transfers for the rail's messages, and a blocking peer of a rail process."""

import os
import socket
import string
from datetime import date
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from hypothesis import strategies as st

from countersign.kernel.account import AccountReference, Iban, OtherAccount
from countersign.kernel.money import MINOR_UNITS_MAX, Money
from countersign.rails import ids
from countersign.rails.messages import CreditTransfer, RailStatusReport, StatusRequest
from countersign.rails.pacs002 import read_status
from countersign.rails.pacs008 import write_credit_transfer
from countersign.rails.pacs028 import write_status_request

CREATED_MS = 1_806_397_200_123
DEBTOR = Iban(text="DE89370400440532013000")
CREDITOR = Iban(text="FR1420041010050500013M02606")


LEI = "7LTWFZYICNSX8D621K86"
BORN = (
    "PrvtId/DtAndPlcOfBirth/BirthDt 1990-01-31\nPrvtId/DtAndPlcOfBirth/CityOfBirth Taipei\n"
    "PrvtId/DtAndPlcOfBirth/CtryOfBirth TW\n"
)


def a_transfer(number: int = 1, **changes: Any) -> CreditTransfer:
    fields: dict[str, Any] = {
        "digest": sha256(str(number).encode()).digest(),
        "amount": Money(minor_units=125_000, currency="EUR"),
        "settlement_date": "2027-03-31",
        "debtor_account": DEBTOR,
        "creditor_account": CREDITOR,
        "creditor_name": "Anna Okafor",
    }
    return CreditTransfer(**{**fields, **changes})


def a_request(digest: bytes, *, attempt: int = 1, question: int = 1) -> StatusRequest:
    return StatusRequest(
        message_id=ids.request_id(digest, attempt, question),
        original_message_id=ids.message_id(digest, attempt),
        transaction_id=ids.transaction_id(digest),
        uetr=ids.uetr_of(digest),
    )


# What an order may carry (`transfers.order`): any character but controls, line ends included.
ORDER_TEXT = st.characters(
    exclude_categories=["Cs"],
    exclude_characters=[
        *map(chr, range(0x0A)),
        *map(chr, range(0x0B, 0x20)),
        *map(chr, range(0x7F, 0xA0)),
        "\u2028",
        "\u2029",
        *map(chr, range(0x202A, 0x202F)),
        *map(chr, range(0x2066, 0x206A)),
    ],
)


def texts(length_max: int) -> st.SearchStrategy[str]:
    plain = st.text(alphabet=string.ascii_letters + string.digits + " ,-\n<&>", max_size=length_max)
    return st.one_of(st.text(alphabet=ORDER_TEXT, max_size=length_max), plain).filter(bool)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def amounts() -> st.SearchStrategy[Money]:
    return st.builds(
        Money,
        minor_units=st.integers(min_value=1, max_value=MINOR_UNITS_MAX),
        currency=st.sampled_from(["EUR", "JPY", "KWD", "USD", "CLF"]),
    )


def accounts() -> st.SearchStrategy[AccountReference]:
    others = st.builds(
        OtherAccount,
        identification=st.from_regex(r"[!-~]{1,16}( [!-~]{1,8})?", fullmatch=True),
        scheme=maybe(st.from_regex(r"[A-Z0-9]{1,4}", fullmatch=True)),
    )
    return st.one_of(st.sampled_from([DEBTOR, CREDITOR]), others)


def agents() -> st.SearchStrategy[str]:
    members = st.from_regex(r"[A-Za-z0-9]{0,5}:[!-~]{1,25}", fullmatch=True)
    return st.one_of(st.sampled_from(["DEUTDEFF", "BNPAFRPPXXX", "USABA:021000021"]), members)


def identifications() -> st.SearchStrategy[str]:
    """Lines as `kernel.identification` has them; any order of their kinds is the standard's."""
    scheme = st.sampled_from(["", "SchmeNm/Cd CUST\n", "SchmeNm/Prtry own\n"])
    issuer = st.sampled_from(["", "Issr the house\n"])
    other = st.tuples(st.from_regex(r"[!-~]{1,35}", fullmatch=True), scheme, issuer)

    def lines(kind: str, first: str, others: list[tuple[str, str, str]]) -> str:
        parts = [part for one in others for part in (f"Id {one[0]}\n", *one[1:]) if part]
        return (first + "".join(f"{kind}/Othr/{part}" for part in parts)).removesuffix("\n")

    organisation = st.sampled_from(["", "OrgId/AnyBIC DEUTDEFF\n", f"OrgId/LEI {LEI}\n"])
    private = st.sampled_from(["", BORN])
    several = st.lists(other, min_size=1, max_size=3)
    return st.one_of(
        st.builds(lines, st.just("OrgId"), organisation, several),
        st.builds(lines, st.just("PrvtId"), private, several),
    )


def credit_transfers() -> st.SearchStrategy[CreditTransfer]:
    """Any transfer that an order could make and a rail carry."""
    names = texts(140)
    return st.builds(
        CreditTransfer,
        digest=st.binary(min_size=32, max_size=32),
        amount=amounts(),
        settlement_date=st.dates(min_value=date(1, 1, 1)).map(date.isoformat),
        debtor_account=accounts(),
        creditor_account=accounts(),
        creditor_name=names.filter(lambda text: bool(text.strip())),
        instruction_id=maybe(texts(35)),
        end_to_end_id=maybe(texts(35)),
        uetr=maybe(st.uuids(version=4).map(str)),
        local_instrument=maybe(st.one_of(texts(35), st.just("INST"))),
        instruction_priority=maybe(st.sampled_from(["HIGH", "NORM"])),
        service_level=maybe(st.one_of(texts(35), st.just("SEPA URGP own"))),
        category_purpose=maybe(st.one_of(texts(35), st.just("SALA"))),
        purpose_code=maybe(st.one_of(texts(35), st.just("GDDS"))),
        charge_bearer=maybe(st.sampled_from(["DEBT", "CRED", "SHAR", "SLEV"])),
        initiating_party=maybe(names),
        debtor_name=maybe(names),
        debtor_agent=maybe(agents()),
        debtor_address=maybe(texts(600)),
        debtor_identification=maybe(identifications()),
        ultimate_debtor=maybe(names),
        creditor_agent=maybe(agents()),
        intermediary_agents=maybe(st.lists(agents(), min_size=1, max_size=3).map("\n".join)),
        creditor_address=maybe(texts(600)),
        creditor_identification=maybe(identifications()),
        ultimate_creditor=maybe(names),
        remittance_information=maybe(texts(4000)),
    )


class RailPeer:
    """A connection to a rail; every wait ends after TIMEOUT_SECONDS."""

    TIMEOUT_SECONDS = 20

    def __init__(self, folder: Path, name: str = "rail.sock") -> None:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(self.TIMEOUT_SECONDS)
        try:
            self._socket.connect(f"/proc/self/fd/{descriptor}/{name}")
        finally:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._socket.close()

    def send(self, content: bytes) -> None:
        self.send_raw(len(content).to_bytes(4, "big") + content)

    def send_raw(self, raw: bytes) -> None:
        self._socket.sendall(raw)

    def order(self, transfer: CreditTransfer, *, attempt: int = 1) -> None:
        self.send(write_credit_transfer(transfer, attempt=attempt, created_ms=CREATED_MS))

    def ask(self, digest: bytes, *, attempt: int = 1) -> None:
        request = a_request(digest, attempt=attempt)
        self.send(write_status_request(request, created_ms=CREATED_MS))

    def report(self) -> RailStatusReport:
        """The next status."""
        return read_status(self.frame(), schema_dir=None)

    def statuses(self, count: int) -> list[str]:
        return [self.report().status for _ in range(count)]

    def frame(self) -> bytes:
        return self._exactly(int.from_bytes(self._exactly(4), "big"))

    def is_closed(self) -> bool:
        """Whether the rail has closed the connection without another word."""
        try:
            return self._socket.recv(1) == b""
        except ConnectionError:
            return True

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            piece = self._socket.recv(count - len(parts))
            if not piece:
                raise ConnectionError("the rail closed the connection")
            parts += piece
        return bytes(parts)
