"""Pass 1: a file passes as a whole or is refused as a whole."""

import io
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from tests.support.pain001 import (
    PAIN_VERSIONS,
    Block,
    Envelope,
    Message,
    Payment,
    a_message,
    sum_of,
)

from countersign.channels.credit_transfers import (
    DEFAULT_LIMITS,
    CheckedMessage,
    check_message,
    read_header,
    read_instructions,
)
from countersign.channels.errors import (
    BlankMessageId,
    DuplicateInstructionId,
    DuplicateUetr,
    EnvelopeMismatch,
    MessageChanged,
    NotCarried,
    WrongBlockControlSum,
    WrongBlockNumberOfTransactions,
    WrongControlSum,
    WrongNumberOfTransactions,
)
from countersign.channels.model import Header, Instruction
from countersign.infra.iso20022.errors import InvalidMessage, NotXml, TooLarge
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

PAYMENTS = (Payment(amount="10.10"), Payment(amount="20.20"), Payment(amount="0.05"))
UETR = "e5f6a7b8-c9d0-4234-ab12-345678901234"
EACH = pytest.mark.parametrize("version", PAIN_VERSIONS)


def _checked(message: Message) -> CheckedMessage:
    return check_message(message.stream(), schema_dir=None)


def _refused(message: Message, refusal: type[Refusal]) -> dict[str, str | int]:
    with pytest.raises(refusal) as refused:
        _checked(message)
    return refused.value.details


@EACH
def test_a_good_file_gives_its_header_and_digest(version: str) -> None:
    message = replace(a_message(*PAYMENTS, version=version), control_sum=sum_of(PAYMENTS))
    checked = _checked(message)
    assert checked.digest == sha256(message.bytes()).digest()
    assert checked.header == Header(
        message_id="MSG-1",
        created="2027-03-30T09:00:00Z",
        number_of_transactions=3,
        control_sum="30.35",
        initiating_party="Ada Payments",
        version=version,
    )


SUPPLEMENT = '<SplmtryData><Envlp><x xmlns="urn:y">1</x></Envlp></SplmtryData>'
FORWARDED = "<FwdgAgt><FinInstnId><Nm>Bank of Ruritania</Nm></FinInstnId></FwdgAgt>"


@EACH
@pytest.mark.parametrize(
    ("field", "xml", "element"),
    [
        ("before_count_xml", "<Authstn><Cd>FDET</Cd></Authstn>", "GrpHdr/Authstn"),
        ("after_initiating_xml", FORWARDED, "GrpHdr/FwdgAgt"),
        ("after_blocks_xml", SUPPLEMENT, "SplmtryData"),
    ],
)
def test_what_stands_over_all_payments_is_never_left_out(
    version: str, field: str, xml: str, element: str
) -> None:
    message = replace(a_message(version=version), **{field: xml})  # type: ignore[arg-type]
    if field == "after_blocks_xml" and version == "pain.001.001.03":
        _refused(message, InvalidMessage)  # That version knows no such element.
    else:
        assert _refused(message, NotCarried) == {"element": element}


def test_the_stream_is_read_from_its_start() -> None:
    stream = Message().stream()
    stream.read(100)
    assert check_message(stream, schema_dir=None).header.message_id == "MSG-1"


def test_an_initiating_party_without_a_name_is_its_identification() -> None:
    identified = "<Id><OrgId><AnyBIC>COBADEFF</AnyBIC><Othr><Id>77</Id></Othr></OrgId></Id>"
    assert _checked(Message(initiating_xml=identified)).header.initiating_party == "COBADEFF 77"
    assert _checked(Message(initiating_xml="")).header.initiating_party is None


@EACH
@pytest.mark.parametrize("count", [0, 2, 4])
def test_a_wrong_number_of_payments_is_refused(version: str, count: int) -> None:
    message = replace(a_message(*PAYMENTS, version=version), count=count)
    assert _refused(message, WrongNumberOfTransactions) == {"stated": count, "counted": 3}


@EACH
@pytest.mark.parametrize("control_sum", ["30.34", "30.350000000000001", "-30.35", "0", "30350"])
def test_a_wrong_control_sum_is_refused(version: str, control_sum: str) -> None:
    message = replace(a_message(*PAYMENTS, version=version), control_sum=control_sum)
    _refused(message, WrongControlSum)


@pytest.mark.parametrize("control_sum", ["30.35", "+030.3500", " 30.35 ", "30.35000000000000000"])
def test_a_control_sum_is_compared_by_value(control_sum: str) -> None:
    _checked(replace(a_message(*PAYMENTS), control_sum=control_sum))


def test_a_control_sum_adds_bare_numbers_of_all_currencies() -> None:
    equivalent = '<EqvtAmt><Amt Ccy="EUR">1.25</Amt><CcyOfTrf>USD</CcyOfTrf></EqvtAmt>'
    payments = (Payment(amount="100", currency="JPY"), Payment(amount_xml=equivalent))
    _checked(replace(a_message(*payments), control_sum="101.25"))


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"count": 2}, WrongBlockNumberOfTransactions),
        ({"control_sum": "30.36"}, WrongBlockControlSum),
    ],
)
def test_a_block_is_held_against_what_it_says(
    changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    good = Block(payments=PAYMENTS, count=3, control_sum="30.35")
    _checked(Message(blocks=(good, good)))
    details = _refused(Message(blocks=(good, replace(good, **changes))), refusal)
    assert details["element"] == "CstmrCdtTrfInitn/PmtInf[2]"


@EACH
def test_an_instruction_id_is_unique_in_its_file(version: str) -> None:
    first = Block(payments=(Payment(instruction_id="I-1"), Payment(), Payment()))
    second = Block(payments=(Payment(instruction_id="I-2"), Payment(instruction_id="I-1")))
    message = Message(blocks=(first, second), version=version)
    assert _refused(message, DuplicateInstructionId) == {"first": 1, "second": 5}


def test_a_uetr_is_unique_in_its_file() -> None:
    message = a_message(Payment(), Payment(uetr=UETR), Payment(uetr=UETR))
    assert _refused(message, DuplicateUetr) == {"first": 2, "second": 3}


def test_other_ids_may_repeat() -> None:
    block = Block(payments=(Payment(end_to_end_id="SAME"), Payment(end_to_end_id="SAME")))
    assert _checked(Message(blocks=(block, block))).header.number_of_transactions == 4


def test_a_blank_message_id_is_refused() -> None:
    _refused(Message(message_id="  "), BlankMessageId)


def test_a_malformed_uetr_or_iban_is_against_the_schema_and_refuses_the_file() -> None:
    for payment in (
        Payment(uetr=UETR.upper()),
        Payment(uetr=UETR.replace("-4", "-5")),
        Payment(creditor_account_xml="<CdtrAcct><Id><IBAN>FR14 2004</IBAN></Id></CdtrAcct>"),
    ):
        _refused(a_message(payment), InvalidMessage)


def test_an_envelope_announces_its_own_message() -> None:
    assert check_message(Envelope().stream(), schema_dir=None).header.version == "pain.001.001.09"
    for announced in ("pain.001.001.03", "SECRET", ""):
        with pytest.raises(EnvelopeMismatch) as refused:
            check_message(Envelope(announced=announced).stream(), schema_dir=None)
        assert refused.value.details == {"message": "pain.001.001.09"}


def test_limits_are_those_passed() -> None:
    with pytest.raises(TooLarge):
        check_message(
            Message().stream(),
            schema_dir=None,
            limits=DEFAULT_LIMITS._replace(message_bytes_max=100),
        )


def test_a_file_that_changes_after_its_check_is_refused_at_the_end_of_pass_2() -> None:
    checked = _checked(a_message(Payment(), Payment()))
    for changed in (
        a_message(Payment(), Payment(amount="99")),
        a_message(Payment()),
        replace(a_message(Payment(), Payment()), after_document="\n"),
    ):
        with pytest.raises(MessageChanged):
            list(read_instructions(changed.stream(), checked, schema_dir=None))


def test_a_file_that_becomes_another_version_is_refused_before_any_payment() -> None:
    checked = _checked(Message())
    payments = read_instructions(
        Message(version="pain.001.001.03").stream(), checked, schema_dir=None
    )
    with pytest.raises(MessageChanged):
        next(payments)


def test_a_file_that_stops_being_valid_is_refused_in_pass_2() -> None:
    checked = _checked(a_message(Payment(), Payment()))
    torn = io.BytesIO(a_message(Payment(), Payment()).bytes()[:-20])
    payments = read_instructions(torn, checked, schema_dir=None)
    with pytest.raises(NotXml):
        assert all(isinstance(payment, Instruction) for payment in payments)


@pytest.mark.parametrize(
    "message",
    [
        replace(a_message(*PAYMENTS), count=7),
        replace(a_message(*PAYMENTS), after_document="<more/>", count=7),
        replace(a_message(Payment(currency="euro")), count=7),
    ],
)
def test_the_header_of_a_refused_file_can_be_read(message: Message) -> None:
    with pytest.raises(Refusal):
        _checked(message)
    header = read_header(message.stream(), schema_dir=None)
    assert header is not None
    assert (header.message_id, header.number_of_transactions) == ("MSG-1", 7)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<!DOCTYPE a><a/>",
        b"<Document/>",
        Message(message_id="x" * 36).bytes(),
        Message(version="pain.001.001.02").bytes(),
        Message().bytes()[:250],
    ],
)
def test_without_a_valid_header_there_is_none(content: bytes) -> None:
    assert read_header(io.BytesIO(content), schema_dir=None) is None
