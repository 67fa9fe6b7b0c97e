"""The bytes of a file: encodings, what may stand before the root, and bounds."""

import io
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.infra.iso20022.errors import Doctype, Empty, NotXml, TooLarge, WrongEncoding
from countersign.infra.iso20022.source import PROLOG_CHARACTERS_MAX, Source
from countersign.kernel.refusal import Refusal

pytestmark = pytest.mark.fast

UTF_16 = '<?xml version="1.0" encoding="UTF-16"?>'


def _read(raw: bytes, *, chunk_bytes: int = 7, bytes_max: int = 10**6) -> bytes:
    source = Source(io.BytesIO(raw), bytes_max=bytes_max, chunk_bytes=chunk_bytes)
    text = b"".join(source.chunks())
    assert source.digest() == sha256(raw).digest()
    return text


@pytest.mark.parametrize(
    "raw",
    [
        "<a>Zoë 王</a>".encode(),
        "\ufeff<a>Zoë 王</a>".encode(),
        '<?xml version="1.0"?><a>Zoë 王</a>'.encode(),
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?><a>Zoë 王</a>".encode(),
        f"{UTF_16}<a>Zoë 王</a>".encode("utf-16"),
        f"\ufeff{UTF_16}<a>Zoë 王</a>".encode("utf-16-be"),
        f"{UTF_16}<a>Zoë 王</a>".encode("utf-16-le"),
        f"{UTF_16}<a>Zoë 王</a>".encode("utf-16-be"),
    ],
)
@pytest.mark.parametrize("chunk_bytes", [1, 3, 1000])
def test_both_encodings_come_out_as_utf_8_without_a_declaration(
    raw: bytes, chunk_bytes: int
) -> None:
    assert _read(raw, chunk_bytes=chunk_bytes).decode() == "<a>Zoë 王</a>"


def test_line_ends_of_the_declaration_stay() -> None:
    assert _read(b'<?xml\nversion="1.0"\n?>\n<a/>') == b"\n\n\n<a/>"


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("<a>\nZoë</a>".encode("latin-1"), 2),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 1),
        (b'<?xml version="1.0" encoding="UTF-16"?><a/>', 1),
        ('<?xml version="1.0" encoding="UTF-8"?><a/>'.encode("utf-16"), 1),
        (b'<?xml version="1.0" encoding="UTF-7"?><a/>', 1),
        (b"<a>\n\n" + b"\xed\xa0\x80</a>", 3),  # A surrogate.
        (b"<a>" + b"\n" * 20 + b"\xff", 21),
        ("<a>\n王</a>".encode()[:6], 2),  # Cut inside a character.
        (b"<\x00a\x00/\x00>", 1),  # Cut inside a character of two bytes.
    ],
)
def test_what_is_not_the_encoding_it_says_is_refused(raw: bytes, line: int) -> None:
    with pytest.raises(WrongEncoding) as refused:
        _read(raw)
    assert refused.value.details == {"line": line}


@pytest.mark.parametrize(
    "text",
    [
        "<!DOCTYPE a><a/>",
        '<?xml version="1.0"?>\n<!-- c -->\n<?pi?> <!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        "<!doctype a><a/>",
        "<!ENTITY b 'c'><a/>",
        "<!-a--><a/>",
        '<!-- "--><!DOCTYPE a SYSTEM "file:///etc/passwd"><!-- " --><a/>',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_never_gets_through(text: str, encoding: str) -> None:
    with pytest.raises(Doctype):
        _read(text.encode(encoding))


@pytest.mark.parametrize(
    "text",
    [
        " \n",
        "<",
        "<!-- never ended ",
        "<?never ended",
        "text",
        "\x00\x00<a/>",
        '<?xml version="1.1"?><a/>',
        "<?xml encoding='UTF-8'?><a/>",
        '<?xml version="1.0" encoding="?>"?><a/>',
        "\u00a0<a/>",
    ],
)
def test_what_has_no_root_element_is_not_xml(text: str) -> None:
    with pytest.raises(NotXml):
        _read(text.encode())


def test_a_file_without_a_byte_is_empty() -> None:
    with pytest.raises(Empty):
        _read(b"")
    with pytest.raises(NotXml):
        _read(b"\n")


def test_an_endless_prolog_is_too_large() -> None:
    with pytest.raises(TooLarge) as refused:
        _read(b" " * (2 * PROLOG_CHARACTERS_MAX), chunk_bytes=1000)
    assert refused.value.details["what"] == "prolog"


def test_a_file_is_read_up_to_its_bound_and_no_further() -> None:
    assert _read(b"<a></a>", bytes_max=7)
    with pytest.raises(TooLarge):
        _read(b"<a></a>\n", bytes_max=7)


@given(raw=st.binary(max_size=80), chunk_bytes=st.integers(1, 90))
def test_any_bytes_come_through_or_are_refused_however_they_are_cut(
    raw: bytes, chunk_bytes: int
) -> None:
    outcomes = []
    for size in (chunk_bytes, 1000):
        try:
            outcomes.append(_read(raw, chunk_bytes=size))
        except Refusal:
            outcomes.append(b"refused")
    assert outcomes[0] == outcomes[1]
