"""The proof file, version 1 (docs/formats.md): its shape, its bounds, and why one is refused.

Rules: 1. A file comes from anywhere: its size, then its shape, then its meaning is looked at. 2.
Every value has one spelling: strict base64, no repeated, missing or unknown name, no fraction. 3.
tools/verify_proof.py gives the same verdict with the same code; a change here is a change there.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from countersign.kernel.refusal import Kind, Refusal

FILE_BYTES_MAX = 16 * 1024 * 1024
EVENTS_MAX = 1000
PATH_MAX = 128
FORMAT: Literal["countersign-proof"] = "countersign-proof"
VERSION = 1

_TEXT_MAX = 65_536


class ProofTooLarge(Refusal):
    """The file has more than {bytes_max} bytes, which no proof has; check which file it is."""

    code = "proof.too_large"
    kind = Kind.INVALID
    chinese = "檔案超過 {bytes_max} 位元組，不可能是證明；請確認檔案是否正確。"


class MalformedProof(Refusal):
    """The file is not a proof as it was issued ({why}); ask the issuer for it again."""

    code = "proof.malformed"
    kind = Kind.INVALID
    chinese = "此檔案不是原樣的證明（{why}）；請向出具方重新索取。"


class UnknownProofFormat(Refusal):
    """The proof has a format that this version does not know; verify it with a newer version."""

    code = "proof.unknown_format"
    kind = Kind.INVALID
    chinese = "本版本不認得此證明的格式；請以較新版本驗證。"


class WrongProofSignature(Refusal):
    """The checkpoint is not signed by the key that you trust; do not rely on this proof.

    Check that the key is that of this log, and keep the file as evidence.
    """

    code = "proof.wrong_signature"
    kind = Kind.FORBIDDEN
    chinese = (
        "檢查點並非由您信任的金鑰簽署，請勿依賴此證明；請確認金鑰屬於此日誌，並保留檔案作為證據。"
    )


class NotInLog(Refusal):
    """Event {event} is not in the log that was signed; do not rely on this proof."""

    code = "proof.not_in_log"
    kind = Kind.FORBIDDEN
    chinese = "第 {event} 個事件不在已簽署的日誌中；請勿依賴此證明。"


class WrongStory(Refusal):
    """Event {event} does not belong to this order; do not rely on this proof."""

    code = "proof.wrong_story"
    kind = Kind.FORBIDDEN
    chinese = "第 {event} 個事件不屬於此指令；請勿依賴此證明。"


class ShownDiffers(Refusal):
    """What the file shows of {what} is not what was committed; do not rely on this proof."""

    code = "proof.shown_differs"
    kind = Kind.FORBIDDEN
    chinese = "檔案所顯示的 {what} 與所承諾的內容不同；請勿依賴此證明。"


class WrongFields(Refusal):
    """The fields shown are not those of the order's digest; do not rely on this proof."""

    code = "proof.wrong_fields"
    kind = Kind.FORBIDDEN
    chinese = "所示欄位與指令的摘要不符；請勿依賴此證明。"


class NotConsistent(Refusal):
    """The newer checkpoint does not contain the older one; keep both as evidence of a fork."""

    code = "proof.not_consistent"
    kind = Kind.FORBIDDEN
    chinese = "較新的檢查點不包含較舊的檢查點；請保留兩者作為日誌分叉的證據。"


_Text = Annotated[str, msgspec.Meta(max_length=_TEXT_MAX)]
_Path = Annotated[list[_Text], msgspec.Meta(max_length=PATH_MAX)]
_Size = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Disclosed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field of the order in clear, with the salt of its commitment."""

    name: _Text
    salt: _Text
    value: _Text | _Integer | None


class Withheld(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One field, or one side as a whole, that is kept back: only its commitment."""

    name: _Text
    leaf: _Text


class Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each field of the table, in one of the two; a side may be withheld as a whole."""

    disclosed: Annotated[list[Disclosed], msgspec.Meta(max_length=64)]
    withheld: Annotated[list[Withheld], msgspec.Meta(max_length=64)]


class OrderPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order; without fields once both sides of it were erased."""

    table: _Text
    version: _Size
    digest: _Text
    fields: Fields | None


class EventPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One leaf of the log: what it shows, its exact data, and its place."""

    shown: Annotated[dict[str, Any], msgspec.Meta(max_length=_TEXT_MAX)]
    leaf: _Text
    index: _Size
    path: _Path


class Instance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: _Text
    name: _Text


class Older(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An older checkpoint and the proof that the newer one contains it."""

    checkpoint: _Text
    path: _Path


class Proof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `checkpoint_key` is a hint only: a reader brings the key that he trusts."""

    format: _Text = FORMAT
    version: _Size = VERSION
    instance: Instance
    checkpoint_key: _Text
    checkpoint: _Text
    order: OrderPart
    events: Annotated[list[EventPart], msgspec.Meta(min_length=1, max_length=EVENTS_MAX)]
    older: Older | None


def write_proof(proof: Proof) -> bytes:
    """The file."""
    return msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n"


def read_proof(file: bytes) -> Proof:
    """The parts of a file, in shape; nothing is verified yet."""
    if len(file) > FILE_BYTES_MAX:
        raise ProofTooLarge(bytes_max=FILE_BYTES_MAX)
    parts = _parsed(file)
    if not isinstance(parts, dict):
        raise MalformedProof(why="no object")
    if (parts.get("format"), parts.get("version")) != (FORMAT, VERSION):
        raise UnknownProofFormat
    try:
        return msgspec.convert(parts, Proof, strict=True)
    except msgspec.ValidationError as error:
        raise MalformedProof(why=str(error)[-60:]) from None


def to_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def to_base64s(hashes: Sequence[bytes]) -> list[str]:
    return [to_base64(one) for one in hashes]


def from_base64(text: str, *, what: str, length: int | None = None) -> bytes:
    """The bytes of strict base64, of one length if one is asked for."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedProof(why=what) from None
    # Python ignores stray bits, which would give one value many spellings.
    if to_base64(data) != text or (length is not None and len(data) != length):
        raise MalformedProof(why=what)
    return data


def _parsed(file: bytes) -> object:
    try:
        parts = json.loads(file.decode(), object_pairs_hook=_unique)
        # A lone surrogate has no bytes, so nothing could be signed or hashed over it.
        json.dumps(parts, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise MalformedProof(why="not JSON of this kind") from None
    return parts


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name is repeated")
    return names
