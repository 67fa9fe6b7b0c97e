"""A pacs.008 in: what each payment says, what cannot go on, and the pacs.002 that answers."""

import io
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree
from tests.support.pacs008 import PACS_VERSIONS, Interbank, InterbankMessage
from tests.support.shared import shared_data

from countersign.channels.credit_transfers import check_message, read_header, read_instructions
from countersign.channels.errors import (
    DuplicateInstructionId,
    DuplicateUetr,
    NotATransferMessage,
    NotCarried,
    UnsupportedSettlement,
    WrongControlSum,
    WrongNumberOfTransactions,
    WrongTotalAmount,
)
from countersign.channels.model import (
    Instruction,
    PaymentResult,
    PaymentStatus,
    Rejected,
    ReportHead,
)
from countersign.channels.status_reports import result_of, write_rejection, write_status_report
from countersign.infra.iso20022.errors import InvalidMessage
from countersign.kernel.account import canonical
from countersign.kernel.money import Money
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

EACH = pytest.mark.parametrize("version", PACS_VERSIONS)
UETR = "e5f6a7b8-c9d0-4234-ab12-345678901234"
HEAD = ReportHead(message_id="REPORT-1", created_ms=1_806_397_200_123)
FULL = Interbank(
    ids_xml=f"<InstrId>I-1</InstrId><EndToEndId>E2E-1</EndToEndId><TxId>TX-1</TxId>"
    f"<UETR>{UETR}</UETR>",
    kind_xml="<PmtTpInf><InstrPrty>HIGH</InstrPrty><SvcLvl><Cd>URGP</Cd></SvcLvl>"
    "<LclInstrm><Prtry>CTRC</Prtry></LclInstrm><CtgyPurp><Cd>SUPP</Cd></CtgyPurp></PmtTpInf>",
    after_date_xml='<InstdAmt Ccy="EUR">12.5</InstdAmt>',
    charge_bearer="DEBT",
    banks_xml="<InstgAgt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></InstgAgt>"
    "<InstdAgt><FinInstnId><BICFI>DEUTDEFF</BICFI></FinInstnId></InstdAgt>"
    "<IntrmyAgt1><FinInstnId><BICFI>DEUTDEFFXXX</BICFI></FinInstnId></IntrmyAgt1>"
    "<UltmtDbtr><Nm>Ada Mother</Nm></UltmtDbtr><InitgPty><Nm>Ada Payments</Nm></InitgPty>",
    debtor_xml="<Nm>Ada Holdings</Nm><PstlAdr><AdrLine>1 Road</AdrLine></PstlAdr>"
    "<Id><OrgId><LEI>V459EV5XD3WK5MR0HW37</LEI></OrgId></Id>",
    creditor_xml="<Nm>Anna Okafor</Nm><PstlAdr><TwnNm>Lyon</TwnNm></PstlAdr>",
    after_creditor_xml="<CdtrAcct><Id><Othr><Id>123456</Id></Othr></Id></CdtrAcct>"
    "<UltmtCdtr><Nm>Okafor Mother</Nm></UltmtCdtr><Purp><Cd>GDDS</Cd></Purp>"
    "<RmtInf><Ustrd>Invoice 4711</Ustrd></RmtInf>",
)


def _read(message: InterbankMessage) -> list[Instruction | Rejected]:
    stream = message.stream()
    checked = check_message(stream, schema_dir=None)
    return list(read_instructions(stream, checked, schema_dir=None))


def _one(**fields: Any) -> Instruction | Rejected:
    return _read(InterbankMessage(payments=(Interbank(**fields),)))[0]


def _rejected(**fields: Any) -> str:
    found = _one(**fields)
    assert isinstance(found, Rejected)
    return f"{found.refusal.code} {found.reason_code} {found.element.rpartition(']/')[2]}"


@EACH
def test_every_field_comes_from_its_place(version: str) -> None:
    (found,) = _read(InterbankMessage(payments=(FULL,), version=version))
    assert isinstance(found, Instruction)
    assert canonical(found.debtor_account) == "IBAN:DE89370400440532013000"
    assert canonical(found.creditor_account) == "OTHR::123456"
    named = {name: getattr(found, name) for name in Instruction.__struct_fields__}
    assert {k: v for k, v in named.items() if not k.endswith("_account")} == {
        "position": 1,
        "payment_information_id": None,
        "message_id": "MSG-1",
        "instruction_id": "I-1",
        "end_to_end_id": "E2E-1",
        "transaction_id": "TX-1",
        "uetr": UETR,
        "amount": Money(minor_units=1250, currency="EUR"),
        "requested_execution_date": "2027-03-31",
        "initiating_party": "Ada Payments",
        "debtor_name": "Ada Holdings",
        "debtor_agent": "COBADEFFXXX",
        "debtor_address": "1 Road",
        "debtor_identification": "OrgId/LEI V459EV5XD3WK5MR0HW37",
        "ultimate_debtor": "Ada Mother",
        "creditor_name": "Anna Okafor",
        "creditor_agent": "BNPAFRPP",
        "intermediary_agents": "DEUTDEFFXXX",
        "creditor_address": "Lyon",
        "creditor_identification": None,
        "ultimate_creditor": "Okafor Mother",
        "service_level": "URGP",
        "local_instrument": "CTRC",
        "instruction_priority": "HIGH",
        "category_purpose": "SUPP",
        "purpose_code": "GDDS",
        "charge_bearer": "DEBT",
        "remittance_information": "Invoice 4711",
    }


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"after_date_xml": '<InstdAmt Ccy="EUR">13</InstdAmt>'},
            "channels.converted_amount AM12 InstdAmt",
        ),
        (
            {"after_date_xml": '<InstdAmt Ccy="USD">12.50</InstdAmt>'},
            "channels.converted_amount AM12 InstdAmt",
        ),
        ({"date_xml": ""}, "channels.missing_settlement_date DT01 IntrBkSttlmDt"),
        ({"amount": "0"}, "channels.zero_amount AM01 IntrBkSttlmAmt"),
        ({"debtor_account_xml": ""}, "channels.missing_debtor_account AC02 DbtrAcct"),
        ({"after_creditor_xml": ""}, "channels.missing_creditor_account AC03 CdtrAcct"),
        ({"creditor_xml": ""}, "channels.missing_creditor_name BE22 Cdtr/Nm"),
        (
            {"creditor_bank_xml": "<FinInstnId><Nm>Some Bank</Nm></FinInstnId>"},
            "channels.unsupported_agent RC07 CdtrAgt/FinInstnId",
        ),
    ],
)
def test_a_bad_payment_is_rejected_with_its_reason(fields: dict[str, str], expected: str) -> None:
    assert _rejected(**fields) == expected


BANK = "<FinInstnId><BICFI>CHASUS33</BICFI></FinInstnId>"
BANKS_ACCOUNT = "<IntrmyAgt1Acct><Id><Othr><Id>1</Id></Othr></Id></IntrmyAgt1Acct>"


@EACH
@pytest.mark.parametrize(
    ("field", "xml", "element"),
    [
        ("after_date_xml", "<SttlmPrty>HIGH</SttlmPrty>", "SttlmPrty"),
        ("after_date_xml", "<AccptncDtTm>2027-03-30T09:00:00Z</AccptncDtTm>", "AccptncDtTm"),
        ("after_date_xml", "<XchgRate>1.1</XchgRate>", "XchgRate"),
        ("kind_xml", "<PmtTpInf><ClrChanl>RTGS</ClrChanl></PmtTpInf>", "PmtTpInf/ClrChanl"),
        (
            "ids_xml",
            "<EndToEndId>E</EndToEndId><TxId>T</TxId><ClrSysRef>C</ClrSysRef>",
            "PmtId/ClrSysRef",
        ),
        (
            "banks_xml",
            f'<ChrgsInf><Amt Ccy="EUR">1</Amt><Agt>{BANK}</Agt></ChrgsInf>',
            "ChrgsInf",
        ),
        ("banks_xml", f"<PrvsInstgAgt1>{BANK}</PrvsInstgAgt1>", "PrvsInstgAgt1"),
        # Neither the debtor's bank nor the next one: it would be left out.
        ("banks_xml", f"<InstgAgt>{BANK}</InstgAgt>", "InstgAgt"),
        ("banks_xml", f"<InstdAgt>{BANK}</InstdAgt>", "InstdAgt"),
        (
            "banks_xml",
            f"<IntrmyAgt1>{BANK}</IntrmyAgt1>{BANKS_ACCOUNT}",
            "IntrmyAgt1Acct",
        ),
    ],
)
def test_what_cannot_go_on_is_never_left_out(
    version: str, field: str, xml: str, element: str
) -> None:
    payment = replace(Interbank(), **{field: xml})
    (found,) = _read(InterbankMessage(payments=(payment,), version=version))
    assert isinstance(found, Rejected)
    assert (found.refusal.code, found.refusal.details["element"]) == (NotCarried.code, element)


@pytest.mark.parametrize(
    ("header", "is_known"),
    [
        ("<InstgAgt><FinInstnId><BICFI>COBADEFF</BICFI></FinInstnId></InstgAgt>", True),
        ("<InstdAgt><FinInstnId><BICFI>BNPAFRPPXXX</BICFI></FinInstnId></InstdAgt>", True),
        ("<InstdAgt><FinInstnId><BICFI>COBADEFFXXX</BICFI></FinInstnId></InstdAgt>", True),
        (f"<InstgAgt>{BANK}</InstgAgt>", False),
        (f"<InstdAgt>{BANK}</InstdAgt>", False),
    ],
)
def test_who_instructs_whom_may_stand_in_the_header(header: str, *, is_known: bool) -> None:
    (found,) = _read(InterbankMessage(after_settlement_xml=header))
    assert isinstance(found, Instruction) is is_known


def test_the_header_says_what_its_payments_do_not() -> None:
    message = InterbankMessage(
        payments=(Interbank(date_xml=""), Interbank(), Interbank(kind_xml=FULL.kind_xml)),
        sums_xml="<IntrBkSttlmDt>2027-04-01</IntrBkSttlmDt>",
        after_settlement_xml="<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf>",
    )
    message = replace(
        message,
        payments=tuple(
            replace(each, ids_xml=f"<EndToEndId>E{n}</EndToEndId><TxId>T{n}</TxId>")
            for n, each in enumerate(message.payments)
        ),
    )
    first, second, third = _read(message)
    assert isinstance(first, Instruction)
    assert (first.requested_execution_date, first.service_level) == ("2027-04-01", "SEPA")
    for found, element in ((second, "IntrBkSttlmDt"), (third, "IntrBkSttlmDt")):
        assert isinstance(found, Rejected)
        assert found.refusal.details == {"element": element}
    message = replace(message, sums_xml="")
    third = _read(message)[2]
    assert isinstance(third, Rejected)
    assert third.refusal.details == {"element": "PmtTpInf/SvcLvl"}


PAIR = (
    Interbank(ids_xml="<EndToEndId>A</EndToEndId><TxId>T1</TxId>", amount="10.10"),
    Interbank(ids_xml="<EndToEndId>B</EndToEndId><TxId>T2</TxId>", amount="0.05"),
)


@EACH
@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"count": 3}, WrongNumberOfTransactions),
        ({"sums_xml": "<CtrlSum>10.14</CtrlSum>"}, WrongControlSum),
        (
            {"sums_xml": '<TtlIntrBkSttlmAmt Ccy="EUR">10.14</TtlIntrBkSttlmAmt>'},
            WrongTotalAmount,
        ),
        (
            {"sums_xml": '<TtlIntrBkSttlmAmt Ccy="USD">10.15</TtlIntrBkSttlmAmt>'},
            WrongTotalAmount,
        ),
        ({"settlement_xml": "<SttlmMtd>INDA</SttlmMtd>"}, UnsupportedSettlement),
        ({"settlement_xml": "<SttlmMtd>COVE</SttlmMtd>"}, UnsupportedSettlement),
        (
            {"after_payments_xml": '<SplmtryData><Envlp><x xmlns="urn:y"/></Envlp></SplmtryData>'},
            NotCarried,
        ),
        (
            {"after_settlement_xml": "<PmtTpInf><ClrChanl>RTGS</ClrChanl></PmtTpInf>"},
            NotCarried,
        ),
        ({"payments": (FULL, FULL)}, DuplicateInstructionId),
        (
            {
                "payments": (
                    replace(FULL, ids_xml=FULL.ids_xml.replace("I-1", "I-2")),
                    FULL,
                )
            },
            DuplicateUetr,
        ),
        ({"payments": (Interbank(currency="EURO"),)}, InvalidMessage),
    ],
)
def test_a_file_that_does_not_agree_with_itself_is_refused_whole(
    version: str, changes: dict[str, Any], refusal: type[Refusal]
) -> None:
    good = InterbankMessage(
        payments=PAIR,
        version=version,
        sums_xml='<CtrlSum>10.15</CtrlSum><TtlIntrBkSttlmAmt Ccy="EUR">10.15</TtlIntrBkSttlmAmt>',
    )
    assert len(_read(good)) == 2
    with pytest.raises(refusal):
        _read(replace(good, **{"sums_xml": ""} | changes))


def test_another_kind_of_message_is_refused_by_its_name() -> None:
    for name in ("camt.053.001.08", "pacs.009.001.08", "pain.008.001.02"):
        raw = f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{name}"><a/></Document>'
        with pytest.raises(NotATransferMessage) as refused:
            check_message(io.BytesIO(raw.encode()), schema_dir=None)
        assert refused.value.details == {"message": name}


@EACH
def test_the_answer_is_a_valid_pacs_002(version: str) -> None:
    bad = replace(Interbank(), date_xml="", ids_xml="<EndToEndId>E2E-2</EndToEndId>")
    message = InterbankMessage(payments=(FULL, bad), version=version)
    stream = message.stream()
    header = check_message(stream, schema_dir=None).header
    good, rejected = _read(message)
    assert isinstance(rejected, Rejected)
    told = result_of(rejected)
    accepted = _accepted(good)
    target = io.BytesIO()
    results = [accepted, told]
    counts = Counter(each.status for each in results)
    write_status_report(target, head=HEAD, header=header, counts=counts, results=results)
    root = _valid(target.getvalue(), version)
    assert root.findtext(".//{*}GrpSts") == "PART"
    assert root.findtext(".//{*}OrgnlMsgNmId") == version
    first, second = root.iterfind(".//{*}TxInfAndSts")
    named = [(etree.QName(leaf).localname, leaf.text) for leaf in first]
    assert named == [
        ("OrgnlInstrId", "I-1"),
        ("OrgnlEndToEndId", "E2E-1"),
        ("OrgnlTxId", "TX-1"),
        ("OrgnlUETR", UETR),
        ("TxSts", "ACSP"),
    ]
    assert second.findtext("{*}TxSts") == "RJCT"
    assert second.findtext("{*}StsRsnInf/{*}Rsn/{*}Cd") == "DT01"


def _accepted(payment: Instruction | Rejected) -> PaymentResult:
    return PaymentResult(
        payment_information_id=payment.payment_information_id,
        instruction_id=payment.instruction_id,
        end_to_end_id=payment.end_to_end_id,
        transaction_id=payment.transaction_id,
        uetr=payment.uetr,
        status=PaymentStatus.IN_PROCESS,
        reason_code=None,
        text=None,
    )


@EACH
def test_a_file_refused_whole_is_answered_by_a_valid_pacs_002(version: str) -> None:
    stream = InterbankMessage(version=version, count=7).stream()
    with pytest.raises(WrongNumberOfTransactions) as refused:
        check_message(stream, schema_dir=None)
    header = read_header(stream, schema_dir=None)
    assert header is not None
    target = io.BytesIO()
    write_rejection(target, head=HEAD, header=header, refusal=refused.value)
    root = _valid(target.getvalue(), version)
    assert root.findtext(".//{*}GrpSts") == "RJCT"
    assert root.findtext(".//{*}StsRsnInf/{*}Rsn/{*}Cd") == "AM19"


def _valid(raw: bytes, version: str) -> etree._Element:
    report = "pacs.002.001.10" if version < "pacs.008.001.10" else "pacs.002.001.12"
    schema = shared_data("iso20022/xsd") / f"{report}.xsd"
    root = etree.fromstring(raw)
    etree.XMLSchema(etree.parse(schema)).assertValid(root)
    return root
