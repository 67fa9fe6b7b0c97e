"""Signed notes and checkpoints against the C2SP texts: one spelling, known keys, no surprises."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from countersign.audit.checkpoint import (
    NOTE_BYTES_MAX,
    SIGNATURES_MAX,
    Checkpoint,
    MalformedCheckpoint,
    MalformedNote,
    MalformedVerifierKey,
    UnsignedNote,
    Verifier,
    WrongNoteSignature,
    add_signature,
    open_checkpoint,
    open_note,
    sign_checkpoint,
    sign_note,
)
from countersign.audit.merkle import EMPTY_ROOT, leaf_hash
from countersign.kernel.invariant import InvariantBroken

pytestmark = pytest.mark.fast

ORIGIN = "bank.example/log"
LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
TEXT = f"{ORIGIN}\n7\n{base64.b64encode(leaf_hash(b'x')).decode()}\n"

# Published by the authors of the signed note format.
SUM_DATABASE_KEY = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NEUMANN_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NEUMANN_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n"
)


def verifier_of(key: Ed25519PrivateKey, name: str) -> Verifier:
    return Verifier(name=name, public_key=key.public_key().public_bytes_raw())


LOG = verifier_of(LOG_KEY, ORIGIN)
WITNESS = verifier_of(WITNESS_KEY, "witness.example")
NOTE = sign_note(TEXT, name=ORIGIN, private_key=LOG_KEY)
SIGNATURE = NOTE.removeprefix(TEXT + "\n")


def test_the_published_note_opens() -> None:
    neumann = Verifier.parse(NEUMANN_KEY)
    opened = open_note(f"{NEUMANN_TEXT}\n{NEUMANN_SIGNATURE}", [neumann])
    assert opened.text == NEUMANN_TEXT
    assert opened.signed_by == (neumann,)


@pytest.mark.parametrize("text", [SUM_DATABASE_KEY, NEUMANN_KEY])
def test_a_published_verifier_key_is_read_and_written(text: str) -> None:
    assert Verifier.parse(text).text() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "++",
        NEUMANN_KEY.replace("c74f20a3", "c74f20a4"),
        NEUMANN_KEY.replace("c74f20a3", "C74F20A3"),
        NEUMANN_KEY.replace("PeterNeumann", "PeterNeuman"),
        NEUMANN_KEY.replace("PeterNeumann", "Peter Neumann"),
        NEUMANN_KEY.replace("PeterNeumann", ""),
        NEUMANN_KEY.replace("ARpc", "AhpC"),
        NEUMANN_KEY + "\n",
        NEUMANN_KEY + "=",
        NEUMANN_KEY[:-4],
        NEUMANN_KEY.replace("+ARpc", "+BRpc"),
        "PeterNeumann+c74f20a3+é",
        "PeterNeumann\ud800" + NEUMANN_KEY.removeprefix("PeterNeumann"),
    ],
)
def test_any_other_text_is_no_verifier_key(text: str) -> None:
    with pytest.raises(MalformedVerifierKey):
        Verifier.parse(text)


def test_a_signed_note_opens_with_its_key() -> None:
    assert NOTE.startswith(TEXT + "\n— bank.example/log ")
    opened = open_note(NOTE, [WITNESS, LOG])
    assert opened.text == TEXT
    assert opened.signed_by == (LOG,)


lines = st.text(st.characters(codec="utf-8", min_codepoint=0x20), max_size=20)


@given(st.lists(lines, min_size=1, max_size=5))
def test_any_text_of_whole_lines_comes_back(texts: list[str]) -> None:
    text = "".join(f"{line}\n" for line in texts)
    note = sign_note(text, name=ORIGIN, private_key=LOG_KEY)
    assert open_note(note, [LOG]).text == text


@given(st.integers(min_value=0, max_value=len(NOTE) - 1), st.characters(codec="utf-8"))
def test_no_changed_character_goes_unseen(at: int, character: str) -> None:
    changed = NOTE[:at] + character + NOTE[at + 1 :]
    if changed != NOTE:
        with pytest.raises((MalformedNote, WrongNoteSignature, UnsignedNote)):
            open_note(changed, [LOG])


@given(st.integers(min_value=0, max_value=len(NOTE) - 1))
def test_no_cut_note_opens(length: int) -> None:
    with pytest.raises((MalformedNote, WrongNoteSignature, UnsignedNote)):
        open_note(NOTE[:length], [LOG])


def test_witnesses_sign_the_same_text() -> None:
    witnessed = add_signature(NOTE, name=WITNESS.name, private_key=WITNESS_KEY)
    assert open_note(witnessed, [LOG, WITNESS]).signed_by == (LOG, WITNESS)
    assert open_note(witnessed, [WITNESS]).signed_by == (WITNESS,)
    assert open_note(witnessed, [LOG]).signed_by == (LOG,)


def test_a_note_of_unknown_keys_only_is_refused() -> None:
    with pytest.raises(UnsignedNote):
        open_note(NOTE, [WITNESS])
    with pytest.raises(UnsignedNote):
        open_note(NOTE, [])
    with pytest.raises(UnsignedNote):
        open_note(NOTE, [verifier_of(WITNESS_KEY, ORIGIN)])
    with pytest.raises(UnsignedNote):
        open_note(NOTE, [verifier_of(LOG_KEY, "other.example")])


def signature_line(name: str, data: bytes) -> str:
    return f"— {name} {base64.b64encode(data).decode()}\n"


@pytest.mark.parametrize("signature", [bytes(64), bytes(63), bytes(65), b"x"])
def test_one_bad_signature_of_a_known_key_refuses_the_note(signature: bytes) -> None:
    wrong = NOTE + signature_line(WITNESS.name, WITNESS.key_id + signature)
    with pytest.raises(WrongNoteSignature) as refused:
        open_note(wrong, [LOG, WITNESS])
    assert refused.value.details == {"name": WITNESS.name}
    assert open_note(wrong, [LOG]).signed_by == (LOG,)


def test_a_bad_second_signature_of_the_same_key_refuses_the_note() -> None:
    with pytest.raises(WrongNoteSignature):
        open_note(NOTE + signature_line(ORIGIN, LOG.key_id + bytes(64)), [LOG])
    assert open_note(NOTE + SIGNATURE, [LOG]).signed_by == (LOG,)


def test_other_kinds_of_signature_are_ignored() -> None:
    # A timestamped cosignature is longer and has another key id.
    cosigned = NOTE + signature_line(WITNESS.name, b"\x04abc" + bytes(8 + 64))
    assert open_note(cosigned, [LOG, WITNESS]).signed_by == (LOG,)


def test_at_most_sixteen_signatures_are_looked_at() -> None:
    unknown = signature_line("other.example", bytes(68))
    full = NOTE + unknown * (SIGNATURES_MAX - 1)
    assert open_note(full, [LOG]).signed_by == (LOG,)
    with pytest.raises(MalformedNote):
        open_note(full + unknown, [LOG])
    with pytest.raises(MalformedNote):
        add_signature(full, name=WITNESS.name, private_key=WITNESS_KEY)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT + "\n",
        TEXT + SIGNATURE,
        NOTE.removesuffix("\n"),
        NOTE + "\n",
        "\n" + SIGNATURE,
        NOTE.replace("\n", "\r\n"),
        NOTE.replace(ORIGIN, ORIGIN + "\t", 1),
        NOTE.replace("—", "-"),
        NOTE.replace("— ", "—  "),
        NOTE.replace("— ", "—\u00a0"),
        NOTE + "anything\n",
        NOTE + "— other.example\n",
        NOTE + "— other.example AAAA\n",
        NOTE + "— other.example AAAAAAA\n",
        NOTE + "— other.example AAAAAAB=\n",
        NOTE + "— other.example AAAAAAAA \n",
        NOTE + "— oth+er AAAAAAAA\n",
        NOTE + "—  AAAAAAAA\n",
        "\ud800" + NOTE,
        "x" * NOTE_BYTES_MAX + NOTE,
        "文" * (NOTE_BYTES_MAX // 3) + NOTE,
    ],
)
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(MalformedNote):
        open_note(note, [LOG])


@pytest.mark.parametrize("text", ["", "no end of line", "tab\t\n", "\x00\n", "\r\n", "\ud800\n"])
def test_a_text_that_could_not_be_read_back_is_never_signed(text: str) -> None:
    with pytest.raises(InvariantBroken):
        sign_note(text, name=ORIGIN, private_key=LOG_KEY)


@pytest.mark.parametrize("name", ["", "with space", "with+plus", "tab\t", "\u2003", "line\n"])
def test_a_key_name_that_could_not_be_read_back_never_signs(name: str) -> None:
    with pytest.raises(InvariantBroken):
        sign_note(TEXT, name=name, private_key=LOG_KEY)


checkpoints = st.builds(
    Checkpoint,
    origin=st.just(ORIGIN),
    size=st.integers(min_value=0, max_value=2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    extensions=st.lists(lines.filter(bool), max_size=3).map(tuple),
)


@given(checkpoints)
def test_a_signed_checkpoint_comes_back(checkpoint: Checkpoint) -> None:
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    assert open_checkpoint(sign_checkpoint(checkpoint, LOG_KEY), LOG) == checkpoint


def test_the_text_of_a_checkpoint() -> None:
    empty = Checkpoint(origin=ORIGIN, size=0, root=EMPTY_ROOT, extensions=("time 5",))
    root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert empty.text() == f"bank.example/log\n0\n{root}\ntime 5\n"


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = Checkpoint(origin="other.example/log", size=7, root=leaf_hash(b"x"))
    note = sign_note(other.text(), name=ORIGIN, private_key=LOG_KEY)
    with pytest.raises(MalformedCheckpoint):
        open_checkpoint(note, LOG)


def test_a_witness_alone_does_not_make_a_checkpoint() -> None:
    witness_only = sign_note(TEXT, name=WITNESS.name, private_key=WITNESS_KEY)
    with pytest.raises(UnsignedNote):
        open_checkpoint(witness_only, LOG)


ROOT = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"o\n0\n{ROOT}",
        f"o\n0\n{ROOT}\n\n",
        f"o\n0\n{ROOT}\n\next\n",
        "o\n0\n",
        f"\n0\n{ROOT}\n",
        f"o o\n0\n{ROOT}\n",
        f"o\n00\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n 1\n{ROOT}\n",
        f"o\n１\n{ROOT}\n",
        f"o\n{2**63}\n{ROOT}\n",
        f"o\n{'9' * 5_000}\n{ROOT}\n",
        f"o\n0\n{ROOT[:-1]}\n",
        f"o\n0\n{ROOT[:-2]}V=\n",
        f"o\n0\n {ROOT}\n",
        "o\n0\nAAAA\n",
        f"o\r\n0\r\n{ROOT}\r\n",
        f"o\n0\n{ROOT}\next\x00\n",
    ],
)
def test_any_other_text_is_no_checkpoint(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": ""},
        {"origin": "two words"},
        {"size": -1},
        {"size": 2**63},
        {"root": b""},
        {"extensions": ("",)},
        {"extensions": ("two\nlines",)},
    ],
)
def test_a_checkpoint_that_could_not_be_read_back_is_never_made(wrong: dict[str, object]) -> None:
    sound: dict[str, object] = {"origin": ORIGIN, "size": 1, "root": EMPTY_ROOT}
    with pytest.raises(InvariantBroken):
        Checkpoint(**{**sound, **wrong})  # type: ignore[arg-type]
