"""The reader: only valid units come out, whatever the file tries, and nothing of it is repeated."""

import io
import random
import resource
import socket
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.pain001 import (
    CREDITOR_IBAN,
    DEBTOR_IBAN,
    Block,
    Envelope,
    Message,
    Payment,
    a_message,
)

from countersign.infra.iso20022.errors import (
    Doctype,
    InvalidMessage,
    NotXml,
    TooDeep,
    TooLarge,
    UnknownEnvelope,
    UnsupportedMessage,
    WrongEncoding,
)
from countersign.infra.iso20022.parser import Limits, MessageReader
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

ROOT = "CstmrCdtTrfInitn"
UNIT_PATHS = (f"{ROOT}/GrpHdr", f"{ROOT}/PmtInf", f"{ROOT}/PmtInf/CdtTrfTxInf")
SUPPORTED = ("pain.001.001.03", "pain.001.001.09")
A_FILE = a_message(Payment(), Payment(end_to_end_id="E2E-2")).text()
A_PATH = f"{ROOT}/PmtInf[1]/CdtTrfTxInf"
ANY_CONTENT = "<SplmtryData><Envlp>{}</Envlp></SplmtryData></CdtTrfTxInf>"


def _reader(file: str | bytes, **limits: int) -> MessageReader:
    return MessageReader(
        io.BytesIO(file.encode() if isinstance(file, str) else file),
        supported=SUPPORTED,
        unit_paths=UNIT_PATHS,
        schema_dir=None,
        limits=Limits()._replace(**limits),
    )


def _paths(file: str | bytes, **limits: int) -> list[str]:
    return [unit.path for unit in _reader(file, **limits).units()]


def _paths_until_refused(file: str) -> list[str]:
    paths = []
    with pytest.raises(Refusal):  # What comes before the refusal is the question.
        for unit in _reader(file).units():
            paths.append(unit.path)  # noqa: PERF401
    return paths


def _with_name(content: str) -> str:
    return A_FILE.replace("<Nm>Anna Okafor</Nm>", content, 1)


@pytest.mark.parametrize("chunk_bytes", [1, 100, 65_536])
def test_units_come_in_order_with_their_paths(chunk_bytes: int) -> None:
    blocks = (Block(payments=(Payment(), Payment())), Block())
    assert _paths(Message(blocks=blocks).text(), chunk_bytes=chunk_bytes) == [
        f"{ROOT}/GrpHdr[1]",
        f"{ROOT}/PmtInf[1]/CdtTrfTxInf[1]",
        f"{ROOT}/PmtInf[1]/CdtTrfTxInf[2]",
        f"{ROOT}/PmtInf[1]",
        f"{ROOT}/PmtInf[2]/CdtTrfTxInf[1]",
        f"{ROOT}/PmtInf[2]",
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_other_encodings_say_the_same(encoding: str) -> None:
    declared = "UTF-8" if encoding.startswith("utf-8") else "UTF-16"
    message = replace(
        a_message(Payment(creditor_name="王小明")),
        declaration=f'<?xml version="1.0" encoding="{declared}"?>\n',
        encoding=encoding,
    )
    assert len(_paths(message.bytes())) == 3


@pytest.mark.parametrize(
    ("content", "element", "rule"),
    [
        ("<Nm></Nm>", "Cdtr/Nm", "minLength"),
        (f"<Nm>{'x' * 141}</Nm>", "Cdtr/Nm", "maxLength"),
        ("<Nm a='SECRET'>A</Nm>", "Cdtr/Nm", "attributes"),
        ("<Nm>A<b/></Nm>", "Cdtr/Nm", "elements inside text"),
        ("<Ctry>SECRET</Ctry>", "Cdtr/Ctry", None),
        ("SECRET<Nm>A</Nm>", "Cdtr", "text between elements"),
        ("<Nm>A</Nm><Nm>SECRET</Nm>", "Cdtr/Nm", None),
        ("<Nm>A</Nm><PstlAdr><Ctry>secret</Ctry></PstlAdr>", "Cdtr/PstlAdr/Ctry", "pattern"),
        ("<Nm>A</Nm><CtryOfRes/>", "Cdtr/CtryOfRes", "pattern"),
        ("<Nm>A</Nm><Id/>", "Cdtr/Id", "order of elements, expected OrgId, PrvtId"),
    ],
)
def test_an_invalid_element_is_named_with_its_line_and_the_rule(
    content: str, element: str, rule: str | None
) -> None:
    with pytest.raises(InvalidMessage) as refused:
        _paths(_with_name(content))
    details = refused.value.details
    assert details["element"] == f"{A_PATH}[1]/{element}"
    assert details["line"] == 4
    assert rule is None or details["rule"] == rule
    assert "secret" not in str(refused.value).lower()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("12.50<", "12,50<"),
        ("2027-03-31", "31.03.2027"),
        ("COBADEFFXXX", "COBA-SECRET"),
        (DEBTOR_IBAN, "SECRET"),
        ('Ccy="EUR"', 'Ccy="euro"'),
        ('Ccy="EUR"', ""),
        ("<PmtMtd>TRF", "<PmtMtd>SECRET"),
        ("<NbOfTxs>2", "<NbOfTxs>SECRET"),
        ("<EndToEndId>E2E-1</EndToEndId>", "<UETR>SECRET</UETR>"),
    ],
)
def test_no_value_of_the_file_is_repeated(old: str, new: str) -> None:
    assert old in A_FILE
    with pytest.raises(InvalidMessage) as refused:
        _paths(A_FILE.replace(old, new))
    shown = str(refused.value)
    assert not any(value in shown for value in ("SECRET", "12,50", "31.03", "euro"))


def test_a_line_beyond_65535_is_named() -> None:
    with pytest.raises(InvalidMessage) as refused:
        _paths("\n" * 70_000 + _with_name("<Nm/>").partition("\n")[2], chunk_bytes=10**6)
    assert refused.value.details["line"] == 70_003


@pytest.mark.parametrize(
    "file",
    [
        A_FILE[: len(A_FILE) // 2],
        A_FILE[:-3],
        A_FILE.replace("</Document>", ""),
        A_FILE + "<more/>",
        A_FILE.replace("</PmtInf>", "</PmtInfo>"),
        A_FILE.replace("<Cdtr>", "<Cdtr a='1' a='2'>"),
        A_FILE.replace("<Cdtr>", "<none:Cdtr>"),
        _with_name("<Nm>&SECRET;</Nm>"),
        _with_name("<Nm>&#0;</Nm>"),
        _with_name("<Nm>\x00</Nm>"),
        _with_name("<Nm>\x0bSECRET</Nm>"),
        _with_name("<Nm>\ufffe</Nm>"),
        _with_name("<Nm>A & B</Nm>"),
        _with_name("<!DOCTYPE a><Nm>A</Nm>"),
        _with_name("<Nm>SECRET"),
        _with_name("<!-- a -- b --><Nm>A</Nm>"),
    ],
)
@pytest.mark.parametrize("chunk_bytes", [64, 65_536])
def test_what_is_not_well_formed_is_refused_without_repeating_it(
    file: str, chunk_bytes: int
) -> None:
    with pytest.raises(NotXml) as refused:
        _paths(file, chunk_bytes=chunk_bytes)
    assert "SECRET" not in str(refused.value)


def test_the_line_of_a_syntax_error_is_that_of_this_file() -> None:
    for _ in range(2):  # The second time, the thread's log still holds the first.
        with pytest.raises(NotXml) as refused:
            _paths(_with_name("<Nm>&nothing;</Nm>"))
        assert refused.value.details == {"line": 4, "reason": "undeclared entity"}


def _billion_laughs() -> str:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    doctype = f'<!DOCTYPE lolz [<!ENTITY l0 "lol">{entities}]>'
    return doctype + _with_name("<Nm>&l9;</Nm>").partition("\n")[2]


@pytest.mark.parametrize(
    "file",
    [
        _billion_laughs(),
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>' + _with_name("<Nm>&b;</Nm>")[39:],
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>',
        '<!DOCTYPE Document [<!ATTLIST Document a CDATA "1">]><Document/>',
        "<!DOCTYPE Document><Document/>",
    ],
)
def test_a_document_type_is_refused(file: str) -> None:
    with pytest.raises(Doctype):
        _paths(file)


def test_no_address_in_a_file_is_ever_called() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        with pytest.raises(Doctype):
            _paths(f'<!DOCTYPE a [<!ENTITY % b SYSTEM "{address}"> %b;]><a/>')
        schema_location = (
            'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
            f'i:schemaLocation="urn:x {address}" i:noNamespaceSchemaLocation="{address}" '
        )
        include = (
            f'<x xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{address}"/></x>'
        )
        file = A_FILE.replace("<Document ", f"<Document {schema_location}", 1)
        file = file.replace("</CdtTrfTxInf>", ANY_CONTENT.format(include), 1)
        style = f'<?xml-stylesheet href="{address}"?><Document'
        assert len(_paths(file.replace("<Document", style, 1))) == 4
        with pytest.raises(TimeoutError):
            server.accept()


def test_deep_nesting_is_refused_wherever_it_is() -> None:
    deep = "<x>" * 300 + "</x>" * 300
    for file in (
        "<a>" * 300,
        deep,
        A_FILE.replace("</CdtTrfTxInf>", ANY_CONTENT.format(deep), 1),
        A_FILE.replace("<Document", "<Envelope>" * 300 + "<Document", 1),
    ):
        with pytest.raises(TooDeep):
            _paths(file)


@pytest.mark.parametrize(
    "content",
    [
        "<Nm>" + "x" * 20_000_000 + "</Nm>",
        "<!--" + "x" * 2_000_000 + "-->",
        "<!-- x -->" * 200_000,
        "<?x y?>" * 300_000,
        " " * 2_000_000,
        "<x/>" * 500_000,
        f"<x a='{'x' * 2_000_000}'/>",
        "<![CDATA[" + "x" * 2_000_000 + "]]>",
    ],
)
def test_nothing_endless_is_gathered_between_two_payments(content: str) -> None:
    for file in (_with_name(content), A_FILE.replace("<PmtInf>", content + "<PmtInf>", 1)):
        with pytest.raises(TooLarge) as refused:
            _paths(file)
        assert refused.value.details["bytes_max"] == Limits().unit_bytes_max


def test_a_file_over_its_bound_is_refused() -> None:
    size = len(A_FILE.encode())
    assert _paths(A_FILE, message_bytes_max=size)
    with pytest.raises(TooLarge):
        _paths(A_FILE, message_bytes_max=size - 1)


@pytest.mark.parametrize(
    ("namespace", "shown"),
    [
        ("urn:iso:std:iso:20022:tech:xsd:pain.001.001.02", "pain.001.001.02"),
        ("urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08", "pacs.008.001.08"),
        ("urn:iso:std:iso:20022:tech:xsd:SECRET", "no ISO 20022 message"),
        ("urn:other:pain.001.001.09", "no ISO 20022 message"),
        ("", "no ISO 20022 message"),
    ],
)
def test_another_message_is_refused_by_name(namespace: str, shown: str) -> None:
    with pytest.raises(UnsupportedMessage) as refused:
        _paths(replace(Message(), namespace=namespace).text())
    assert refused.value.details["message"] == shown
    assert "pain.001.001.09" in refused.value.sentence()


@pytest.mark.parametrize("file", ["<a/>", "<a><b><Document/></b></a>", "<Envelope/>"])
def test_a_file_without_a_document_is_no_message(file: str) -> None:
    with pytest.raises(UnsupportedMessage):
        _paths(file)


@pytest.mark.parametrize(
    ("root", "namespace"), [("Envelope", "urn:swift:xsd:envelope"), ("RequestPayload", "")]
)
def test_a_document_may_come_in_an_envelope(root: str, namespace: str) -> None:
    envelope = Envelope(root=root, root_namespace=namespace)
    assert _paths(envelope.stream().read())[:2] == ["AppHdr", f"{ROOT}/GrpHdr[1]"]


def test_an_envelope_inside_something_else_is_no_message() -> None:
    with pytest.raises(UnknownEnvelope):
        _paths(b"<a>" + Envelope().stream().read().partition(b"\n")[2] + b"</a>")


@pytest.mark.parametrize(
    ("root", "namespace", "shown"),
    [
        ("Wrapper", "urn:swift:xsd:envelope", "Wrapper"),
        ("Envelope", "urn:other", "Envelope"),
        ("Ada-Lovelace", "", "an element of another name"),
        ("A" * 41, "", "an element of another name"),
    ],
)
def test_another_envelope_is_named_with_the_message_in_it(
    root: str, namespace: str, shown: str
) -> None:
    message = Message(version="pacs.009.001.08")
    file = Envelope(root=root, root_namespace=namespace, message=message).stream().read()
    # However long it is: nothing of it is gathered.
    for content in (file, file.replace(b"</AppHdr>", b"</AppHdr>" + b"<!-- -->" * 99)):
        with pytest.raises(UnknownEnvelope) as refused:
            _paths(content, unit_bytes_max=len(file), chunk_bytes=100)
        assert refused.value.code == "iso20022.unknown_envelope"
        assert f"The file is pacs.009.001.08 inside {shown}, which" in refused.value.sentence()


def test_a_namespace_in_another_envelope_is_not_repeated() -> None:
    secret = Message(namespace="urn:iso:std:iso:20022:tech:xsd:Ada.Lovelace")
    with pytest.raises(UnknownEnvelope) as refused:
        _paths(Envelope(root="Wrapper", message=secret).stream().read())
    assert refused.value.details["message"] == "no ISO 20022 message"


@pytest.mark.parametrize("place", ["<AppHdr ", "</Envelope>"])
@pytest.mark.parametrize("extra", ["text", "<more/>", A_FILE.partition("\n")[2], "<AppHdr/>"])
def test_an_envelope_holds_a_header_and_a_document_and_no_more(place: str, extra: str) -> None:
    file = Envelope().stream().read().decode().replace(place, extra + place)
    with pytest.raises(InvalidMessage) as refused:
        _paths(file)
    assert refused.value.details["element"] == "envelope"


@pytest.mark.parametrize("between", ["", "<x/>"])
def test_headers_without_end_are_refused_at_the_second(between: str) -> None:
    """Each of them would begin the bound on what is gathered anew."""
    many = ("<AppHdr/>" + between) * 200_000
    source = f"<RequestPayload>{many}</RequestPayload>".encode()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InvalidMessage) as refused:
        _paths(source)
    assert refused.value.details["element"] == "envelope"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def _payment_text() -> str:
    return "<CdtTrfTxInf>" + A_FILE.split("<CdtTrfTxInf>")[1].partition("</PmtInf>")[0]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize("extra", ["SECRET", "<ChrgBr>SLEV</ChrgBr>", "<GrpHdr/>", "&amp;"])
def test_nothing_hides_between_payments_that_are_forgotten(number: int, extra: str) -> None:
    payments = [_payment_text()] * 4
    payments.insert(number, extra)
    file = A_FILE.replace(_payment_text(), "".join(payments), 1)
    for chunk_bytes in (50, 65_536):
        with pytest.raises(InvalidMessage):
            _paths(file, chunk_bytes=chunk_bytes)


@pytest.mark.parametrize("extra", ["<SplmtryData><Envlp><x/></Envlp></SplmtryData>", "text"])
def test_nothing_hides_between_blocks_that_are_forgotten(extra: str) -> None:
    file = Message(blocks=(Block(),) * 4).text()
    start = file.index("<PmtInf>", file.index("<PmtInf>", file.index("<PmtInf>") + 1) + 1)
    with pytest.raises(InvalidMessage):
        _paths(file[:start] + extra + file[start:])


def test_a_payment_inside_free_content_is_no_payment() -> None:
    block = A_FILE[A_FILE.index("<PmtInf>") : A_FILE.index("</CstmrCdtTrfInitn>")]
    inner = ANY_CONTENT.format(f"<x>{block}{_payment_text()}</x>")
    file = A_FILE.replace("</CdtTrfTxInf>", inner, 1)
    assert _paths(file) == _paths(A_FILE)


def test_a_whole_document_inside_free_content_is_no_document() -> None:
    inner = ANY_CONTENT.format(A_FILE.partition("\n")[2])
    file = A_FILE.replace("</CdtTrfTxInf>", inner, 1)
    assert _paths(file) == _paths(A_FILE)


def test_a_payment_in_a_place_of_its_own_is_no_payment() -> None:
    file = A_FILE.replace("<PmtInf>", f"<SplmtryData>{_payment_text()}</SplmtryData><PmtInf>", 1)
    assert f"{ROOT}/PmtInf[1]/CdtTrfTxInf[3]" not in _paths_until_refused(file)
    assert len(_paths_until_refused(file)) == 4


def test_nothing_comes_out_of_a_piece_with_an_error_in_it() -> None:
    assert _paths_until_refused(A_FILE.replace("</PmtInf>", "</PmtInfo>")) == []
    assert _paths_until_refused(A_FILE + "<more/>") == []


def test_the_bound_between_units_starts_anew_with_each() -> None:
    file = a_message(*[Payment()] * 50).text()
    assert len(file) > 10_000
    assert len(_paths(file, unit_bytes_max=2_000, chunk_bytes=100)) == 52


def test_a_missing_header_is_found_at_the_end() -> None:
    start, end = A_FILE.index("<GrpHdr>"), A_FILE.index("</GrpHdr>") + len("</GrpHdr>")
    with pytest.raises(InvalidMessage) as refused:
        _paths(A_FILE[:start] + A_FILE[end:])
    assert "expected GrpHdr" in str(refused.value.details["rule"])


@settings(deadline=None)  # A test counts what comes out, not the time of a busy machine.
@given(seed=st.integers(0, 2**32), chunk_bytes=st.sampled_from([40, 700, 65_536]))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(seed: int, chunk_bytes: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(A_FILE.encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(raw))
        match chance.randrange(3):
            case 0:
                raw[at] = chance.randrange(256)
            case 1:
                del raw[at : at + chance.randrange(60)]
            case _:
                start = chance.randrange(len(raw))
                raw[at:at] = raw[start : start + chance.randrange(60)]
    try:
        outcome = _paths(bytes(raw), chunk_bytes=chunk_bytes)[0]
    except Refusal as refusal:
        outcome = str(refusal)
    assert outcome == f"{ROOT}/GrpHdr[1]" or outcome.startswith("iso20022.")
    assert CREDITOR_IBAN[4:] not in outcome


def test_a_file_of_the_wrong_encoding_is_refused() -> None:
    with pytest.raises(WrongEncoding):
        _paths(_with_name("<Nm>Zoë</Nm>").encode("latin-1"))


def test_the_operators_schema_decides(tmp_path: Path) -> None:
    (tmp_path / "pain.001.001.09.xsd").write_text(
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        'targetNamespace="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"/>'
    )
    reader = MessageReader(
        Message().stream(),
        supported=SUPPORTED,
        unit_paths=UNIT_PATHS,
        schema_dir=tmp_path,
        limits=Limits(),
    )
    with pytest.raises(Refusal) as refused:
        list(reader.units())
    assert refused.value.code == "iso20022.no_schema"


@pytest.mark.parametrize("content", ["<a:b/>", '<b xmlns="urn:x" a:c="1"/>'])
def test_a_prefix_that_nobody_declared_is_refused_with_all_of_its_piece(content: str) -> None:
    """The parser goes on after it, and would tell only at the end of the file."""
    file = A_FILE.replace("</CdtTrfTxInf>", ANY_CONTENT.format(content), 1)
    assert _paths_until_refused(file) == []
    with pytest.raises(NotXml):
        _paths(file)


@pytest.mark.parametrize("namespace", ["pain.001.001.09", "", "urn:pain.001.001.09"])
def test_a_message_is_named_by_its_whole_namespace(namespace: str) -> None:
    """Where a message has no schema, nothing else would tell."""
    file = A_FILE.replace("urn:iso:std:iso:20022:tech:xsd:pain.001.001.09", namespace)
    assert file != A_FILE
    reader = MessageReader(
        io.BytesIO(file.encode()),
        supported=SUPPORTED,
        unit_paths=UNIT_PATHS,
        schema_dir=None,
        limits=Limits(),
        validator_of=lambda _: None,
    )
    with pytest.raises(UnsupportedMessage):
        list(reader.units())
