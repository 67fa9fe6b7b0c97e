"""One short message, read whole: alone in its document, with or without an official schema."""

import pytest
from tests.support.pain001 import Payment, a_message

from countersign.infra.iso20022.errors import InvalidMessage, TooLarge, UnsupportedMessage
from countersign.infra.iso20022.whole import WHOLE_BYTES_MAX, Whole, read_whole

pytestmark = pytest.mark.fast

KNOWN = "pain.001.001.09"
UNKNOWN = "abcd.001.001.01"  # No one has a schema of it.
A_FILE = a_message(Payment()).text()


def _document(inside: str, message: str = UNKNOWN) -> str:
    return f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{message}">{inside}</Document>'


def _read(text: str, content: str = "CstmrCdtTrfInitn") -> Whole:
    return read_whole(text.encode(), supported=(KNOWN, UNKNOWN), content=content, schema_dir=None)


def test_a_message_with_a_schema_is_validated() -> None:
    whole = _read(A_FILE)
    assert (whole.message, whole.is_validated) == (KNOWN, True)
    assert whole.content.tag.endswith("}CstmrCdtTrfInitn")
    with pytest.raises(InvalidMessage):
        _read(A_FILE.replace("<NbOfTxs>", "<Other/><NbOfTxs>", 1))


def test_a_schema_kept_by_the_thread_still_finds_each_fault_anew() -> None:
    for _ in range(3):
        assert _read(A_FILE).is_validated
        with pytest.raises(InvalidMessage) as refused:
            _read(A_FILE.replace("<NbOfTxs>1<", "<NbOfTxs>x<", 1))
        assert "NbOfTxs" in str(refused.value.details["element"])


def test_a_message_without_a_schema_is_read_and_says_so() -> None:
    whole = _read(_document("<a><b>1</b></a>"), "a")
    assert (whole.message, whole.is_validated, whole.announced) == (UNKNOWN, False, None)
    assert whole.content[0].text == "1"


@pytest.mark.parametrize(
    "inside", ["", "<b/>", "<a/><b/>", "<a/><a/>", "<a/><a/><a/>", "<b><a/></b>"]
)
def test_a_document_holds_its_one_content(inside: str) -> None:
    with pytest.raises(InvalidMessage):
        _read(_document(inside), "a")


def test_a_header_says_what_it_announces() -> None:
    header = "<AppHdr><MsgDefIdr>{}</MsgDefIdr>{}</AppHdr>"
    envelope = f"<RequestPayload>{header}{_document('<a/>')}</RequestPayload>"
    assert _read(envelope.format(UNKNOWN, ""), "a").announced == UNKNOWN
    with pytest.raises(InvalidMessage):
        _read(envelope.format(UNKNOWN, "<MsgDefIdr/>"), "a")


def test_size_and_version_are_bounded() -> None:
    with pytest.raises(TooLarge):
        _read(_document("<a>" + "x" * WHOLE_BYTES_MAX + "</a>"), "a")
    with pytest.raises(UnsupportedMessage):
        _read(_document("<a/>", "abcd.001.001.02"), "a")
