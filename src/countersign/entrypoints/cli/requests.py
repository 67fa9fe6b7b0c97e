"""What a command asks of the gate, held against what the gate takes before it is sent.

The gate keeps of a request that it cannot read its code alone, so its answer could not say which
argument was wrong.
"""

import argparse
import re

import msgspec
from msgspec.inspect import StrType, StructType, type_info

from countersign.entrypoints.cli.parsing import operator
from countersign.gate.commands import Answer, Kind
from countersign.gate.requests import HoldRequest
from countersign.kernel.money import exponent
from countersign.kernel.refusal import Kind as RefusalKind
from countersign.kernel.refusal import Refusal


class TextLength(Refusal):
    """The {field} has {length} characters and needs {length_min} to {length_max}.

    Correct it and ask again.
    """

    code = "cli.text_length"
    kind = RefusalKind.INVALID
    chinese = "{field} 有 {length} 個字元，須為 {length_min} 至 {length_max} 個；請更正後重試。"


class MalformedOwner(Refusal):
    """The owner is a role or a queue, and no person.

    Write it in small letters, digits, dots, dashes and underscores, such as duty_officer.
    """

    code = "cli.malformed_owner"
    kind = RefusalKind.INVALID
    chinese = (
        "負責者須為角色或佇列，而非個人；"
        "請以小寫字母、數字、點、連字號與底線書寫，例如 duty_officer。"
    )


class UnusableCharacters(Refusal):
    """The {field} holds characters that cannot be used there.

    They cannot be seen, or obey to a terminal, or are none that it takes. Write it anew.
    """

    code = "cli.unusable_characters"
    kind = RefusalKind.INVALID
    chinese = "{field} 含有不可使用的字元：無法顯示、會操控終端機，或不屬於可用字元。請重新輸入。"


class MalformedField(Refusal):
    """The {field} cannot be sent as it is: it is beyond what the gate takes. Correct it."""

    code = "cli.malformed_field"
    kind = RefusalKind.INVALID
    chinese = "{field} 無法照此送出：超出閘口可接受的範圍。請更正。"


def asked(arguments: argparse.Namespace, kind: Kind, request: msgspec.Struct) -> Answer:
    """What the running gate answers the operator."""
    require_readable(request)
    with operator(arguments) as gate:
        return gate.ask(kind, request)


def require_readable(request: msgspec.Struct) -> None:
    """Refuse by its name what the gate would not take."""
    known = type_info(type(request))
    for field in known.fields if isinstance(known, StructType) else ():
        value = getattr(request, field.name)
        if field.name == "currency":
            exponent(value)  # Refuses what is no currency.
        elif isinstance(field.type, StrType):
            _require_length(field.name, value, field.type)
    if isinstance(request, HoldRequest) and not _OWNER.fullmatch(request.owner):
        raise MalformedOwner
    _require_as_read(request)


def _require_as_read(request: msgspec.Struct) -> None:
    """Read it as the gate will, a field at a time, so that the one at fault is known."""
    for field in msgspec.structs.fields(request):
        value = getattr(request, field.name)
        try:
            msgspec.msgpack.decode(msgspec.msgpack.encode(value), type=field.type)
        except (msgspec.MsgspecError, UnicodeEncodeError, OverflowError):
            is_text = isinstance(value, str)
            raise (UnusableCharacters if is_text else MalformedField)(field=field.name) from None


def _require_length(name: str, value: str, type_: StrType) -> None:
    least, most = type_.min_length or 0, type_.max_length
    if most is not None and not least <= len(value) <= most:
        raise TextLength(field=name, length=len(value), length_min=least, length_max=most)


_OWNER = re.compile(r"[a-z0-9_.-]+")
