"""A refusal is an answer that a person can act on; a bug is an InvariantBroken instead.

Each refusal is a named class with a stable code ("area.name", never reused), a kind that
entrypoints map to a status or an exit code, and one sentence in English (the docstring) and in
Traditional Chinese, both saying what is wrong and what to do next. Details are small public
values, never restricted text, because they reach logs and answers.
"""

import inspect
import re
from enum import StrEnum
from typing import ClassVar, Literal, Self

from countersign.kernel.invariant import invariant

Language = Literal["en", "zh"]


class Kind(StrEnum):
    """What sort of refusal this is, in the few words that every entrypoint understands."""

    INVALID = "invalid"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"


class Refusal(Exception):
    """The request was refused; read the code and its sentence."""

    code: ClassVar[str]
    kind: ClassVar[Kind]
    chinese: ClassVar[str]

    def __init__(self, **details: str | int) -> None:
        invariant("code" in vars(type(self)), "only a refusal with its own code is raised")
        invariant(
            all(isinstance(value, str | int) for value in details.values()),
            "a refusal's details are text or whole numbers",
        )
        super().__init__()
        self.details: dict[str, str | int] = details

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        if "code" in vars(cls):  # A class without a code is a group to catch, never raised itself.
            _register(cls)

    def sentence(self, language: Language = "en") -> str:
        """Say what is wrong and what to do next, with the details filled in."""
        template = type(self).chinese if language == "zh" else _english(type(self))
        # One pass, so that braces inside a detail's value are never read as a placeholder.
        return _PLACEHOLDER.sub(lambda found: str(self.details.get(found[1], _MISSING)), template)

    def unraised(self) -> Self:
        """The same refusal to keep: one that was raised holds on to frames and all they held."""
        return type(self)(**self.details)

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence()}"

    def __reduce__(self) -> tuple[object, tuple[type["Refusal"], dict[str, str | int]]]:
        return _rebuild, (type(self), self.details)


def refusal_class(code: str) -> type[Refusal]:
    """Find the class of a code that came back over the wire or from the journal."""
    invariant(code in _BY_CODE, "a refusal's code is registered by importing its module")
    return _BY_CODE[code]


def all_refusals() -> tuple[type[Refusal], ...]:
    """List every refusal imported so far, by code."""
    return tuple(_BY_CODE[code] for code in sorted(_BY_CODE))


# In place of a detail where only the code came, as from the journal.
_MISSING = "…"
_BY_CODE: dict[str, type[Refusal]] = {}
_CODE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


def _register(cls: type[Refusal]) -> None:
    invariant(_CODE.fullmatch(cls.code), f"a refusal's code reads area.name: {cls.code!r}")
    invariant(cls.code not in _BY_CODE, f"a refusal's code is unique: {cls.code}")
    invariant(isinstance(getattr(cls, "kind", None), Kind), f"{cls.code} has a kind")
    english, chinese = _english(cls), vars(cls).get("chinese", "")
    invariant(vars(cls).get("__doc__"), f"{cls.code} has an English sentence as its docstring")
    invariant(chinese, f"{cls.code} has a sentence in Traditional Chinese")
    invariant(
        set(_PLACEHOLDER.findall(english)) == set(_PLACEHOLDER.findall(chinese)),
        f"both sentences of {cls.code} show the same details",
    )
    _BY_CODE[cls.code] = cls


def _english(cls: type[Refusal]) -> str:
    return " ".join(inspect.cleandoc(cls.__doc__ or "").split())


def _rebuild(cls: type[Refusal], details: dict[str, str | int]) -> Refusal:
    return cls(**details)
