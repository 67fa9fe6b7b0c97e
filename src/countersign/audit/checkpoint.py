"""Signed tree heads: a C2SP tlog-checkpoint inside a C2SP signed note, with Ed25519 keys.

A note counts only with a good signature of a known key; a bad signature of a known key refuses the
whole note, signatures of unknown keys (other witnesses) are ignored. Every text has one spelling:
strict base64, no leading zeros, no control characters. Limits on lines and length come first.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from countersign.audit.merkle import HASH_BYTES, SIZE_MAX
from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal

SIGNATURES_MAX = 16
NOTE_BYTES_MAX = 65_536


class MalformedNote(Refusal):
    """The text is not a signed note; fetch the checkpoint again, byte for byte."""

    code = "audit.malformed_note"
    kind = Kind.INVALID
    chinese = "此文字不是已簽署的記錄；請逐位元組重新取得檢查點。"


class WrongNoteSignature(Refusal):
    """A signature of {name} does not fit the note; keep the note as evidence and do not use it."""

    code = "audit.wrong_note_signature"
    kind = Kind.FORBIDDEN
    chinese = "{name} 的簽章與內容不符；請保留此記錄作為證據，切勿使用。"


class UnsignedNote(Refusal):
    """No key that you trust has signed the note; check which key the log uses now."""

    code = "audit.unsigned_note"
    kind = Kind.FORBIDDEN
    chinese = "此記錄沒有您信任的金鑰所作的簽章；請確認日誌目前使用的金鑰。"


class MalformedVerifierKey(Refusal):
    """The text is not a verifier key (name+id+key) for Ed25519; copy the whole line again."""

    code = "audit.malformed_verifier_key"
    kind = Kind.INVALID
    chinese = "此文字不是 Ed25519 的驗證金鑰（名稱+識別碼+金鑰）；請重新複製整行。"


class MalformedCheckpoint(Refusal):
    """The note is not a checkpoint of this log: origin, size and root; fetch it from the log."""

    code = "audit.malformed_checkpoint"
    kind = Kind.INVALID
    chinese = "此記錄不是該日誌的檢查點（來源、大小、樹根）；請向日誌重新取得。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """A public key under a name; both together make the key id."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        invariant(_is_key_name(self.name), "a key name has no space, plus or control character")
        invariant(len(self.public_key) == _PUBLIC_KEY_BYTES, "an Ed25519 public key is 32 bytes")

    @property
    def key_id(self) -> bytes:
        named_key = self.name.encode() + b"\n" + _ED25519 + self.public_key
        return sha256(named_key).digest()[:_KEY_ID_BYTES]

    def text(self) -> str:
        """Write the verifier key that others put into their settings: name+id+key."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(_ED25519 + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        name, _, rest = text.partition("+")
        key_id, _, encoded = rest.partition("+")
        key = _from_base64(encoded)
        if key is None or len(key) != 1 + _PUBLIC_KEY_BYTES or key[:1] != _ED25519:
            raise MalformedVerifierKey
        if not _is_key_name(name):
            raise MalformedVerifierKey
        verifier = cls(name=name, public_key=key[1:])
        if key_id != verifier.key_id.hex():
            raise MalformedVerifierKey
        return verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNote:
    text: str
    signed_by: tuple[Verifier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A tree head of the log named by its origin; extension lines are carried, never understood."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        invariant(_is_key_name(self.origin), "an origin is also a key name")
        invariant(0 <= self.size <= SIZE_MAX, "a log's size is a count")
        invariant(len(self.root) == HASH_BYTES, "a root is 32 bytes")
        invariant(all(_is_line(line) for line in self.extensions), "extensions are single lines")

    def text(self) -> str:
        lines = (self.origin, str(self.size), _base64(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        lines = text.split("\n")
        if len(lines) < _CHECKPOINT_LINES_MIN or lines.pop() or not all(map(_is_line, lines)):
            raise MalformedCheckpoint
        origin, size, encoded_root, *extensions = lines
        root = _from_base64(encoded_root)
        if not _is_key_name(origin) or root is None or len(root) != HASH_BYTES:
            raise MalformedCheckpoint
        if _SIZE.fullmatch(size) is None or int(size) > SIZE_MAX:
            raise MalformedCheckpoint
        return cls(origin=origin, size=int(size), root=root, extensions=tuple(extensions))


def sign_note(text: str, *, name: str, private_key: Ed25519PrivateKey) -> str:
    """Make a note of the text, signed once; the text ends its last line."""
    invariant(_is_note_text(text), "a note's text is whole lines without control characters")
    return f"{text}\n{_signature_line(text, name=name, private_key=private_key)}"


def add_signature(note: str, *, name: str, private_key: Ed25519PrivateKey) -> str:
    """Sign a note that has signatures already, as a witness does; open it first."""
    text, lines = _split(note)
    if len(lines) >= SIGNATURES_MAX:
        raise MalformedNote(reason="too_many_signatures")
    return note + _signature_line(text, name=name, private_key=private_key)


def open_note(note: str, verifiers: Sequence[Verifier]) -> OpenedNote:
    """Give the text of a note that at least one of these keys has signed."""
    text, lines = _split(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    signed_by = []
    for name, key_id, signature in lines:
        verifier = known.get((name, key_id))
        if verifier is None:
            continue
        _verify(verifier, text=text, signature=signature)
        if verifier not in signed_by:
            signed_by.append(verifier)
    if not signed_by:
        raise UnsignedNote
    return OpenedNote(text=text, signed_by=tuple(signed_by))


def sign_checkpoint(checkpoint: Checkpoint, private_key: Ed25519PrivateKey) -> str:
    """Sign as the log itself: its key is named by the origin."""
    return sign_note(checkpoint.text(), name=checkpoint.origin, private_key=private_key)


def open_checkpoint(note: str, log: Verifier) -> Checkpoint:
    """Give the tree head that this log has signed; a witness's signature alone is not enough."""
    checkpoint = Checkpoint.parse(open_note(note, [log]).text)
    if checkpoint.origin != log.name:
        raise MalformedCheckpoint
    return checkpoint


_ED25519 = b"\x01"
_PUBLIC_KEY_BYTES = 32
_KEY_ID_BYTES = 4
_SIGNATURE_START = "\N{EM DASH} "
_CHECKPOINT_LINES_MIN = 4  # Origin, size, root, and the empty text after the last line's end.
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_FIRST_PRINTABLE = " "

_SignatureLine = tuple[str, bytes, bytes]  # Key name, key id, signature.


def _split(note: str) -> tuple[str, list[_SignatureLine]]:
    # UTF-8 needs at least one byte a character, so the cheap bound holds for the encoded note too.
    if len(note) > NOTE_BYTES_MAX or not _is_utf8(note) or len(note.encode()) > NOTE_BYTES_MAX:
        raise MalformedNote(reason="too_long_or_not_utf8")
    # The text may hold empty lines itself, so the last one is where the signatures begin.
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if not separator or not _is_note_text(text) or not signatures.endswith("\n"):
        raise MalformedNote(reason="not_a_note")
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise MalformedNote(reason="too_many_signatures")
    return text, [_parse_signature_line(line) for line in lines]


def _parse_signature_line(line: str) -> _SignatureLine:
    name, _, encoded = line.removeprefix(_SIGNATURE_START).partition(" ")
    signature = _from_base64(encoded)
    if not line.startswith(_SIGNATURE_START) or not _is_key_name(name):
        raise MalformedNote(reason="not_a_signature_line")
    if signature is None or len(signature) <= _KEY_ID_BYTES:
        raise MalformedNote(reason="not_a_signature")
    return name, signature[:_KEY_ID_BYTES], signature[_KEY_ID_BYTES:]


def _signature_line(text: str, *, name: str, private_key: Ed25519PrivateKey) -> str:
    verifier = Verifier(name=name, public_key=private_key.public_key().public_bytes_raw())
    signature = verifier.key_id + private_key.sign(text.encode())
    return f"{_SIGNATURE_START}{name} {_base64(signature)}\n"


def _verify(verifier: Verifier, *, text: str, signature: bytes) -> None:
    try:
        public_key = Ed25519PublicKey.from_public_bytes(verifier.public_key)
        public_key.verify(signature, text.encode())
    except (InvalidSignature, ValueError) as error:
        raise WrongNoteSignature(name=verifier.name) from error


def _is_note_text(text: str) -> bool:
    return text.endswith("\n") and _is_utf8(text) and all(map(_has_no_control, text.split("\n")))


def _is_line(line: str) -> bool:
    return line != "" and "\n" not in line and _has_no_control(line)


def _is_key_name(name: str) -> bool:
    has_gap = any(character.isspace() or character == "+" for character in name)
    return name != "" and not has_gap and _has_no_control(name) and _is_utf8(name)


def _has_no_control(line: str) -> bool:
    return all(character >= _FIRST_PRINTABLE for character in line)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # A lone surrogate.
        return False
    return True


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Python ignores stray bits and surplus padding, which would give one value many spellings.
    return data if _base64(data) == text else None
