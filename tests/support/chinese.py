"""Which English words stand in a Chinese text."""

import re

# Names, standards and units: the same in both languages.
ALLOWED = frozenset(
    [
        "API",
        "BIC",
        "CLI",
        "CSV",
        "Countersign",
        "EN",
        "GiB",
        "GLEIF",
        "HTTP",
        "IBAN",
        "ISO",
        "JSON",
        "LEI",
        "MiB",
        "Postgres",
        "TLS",
        "TOML",
        "UETR",
        "URL",
        "UTC",
        "UTF",
        "UUID",
        "XML",
        "Ctrl",
        "Enter",
        "Esc",
        "Shift",
        "Space",
    ]
)
# Keys of one letter, commands, file and field names, codes: with a dot, a dash or a line, or in
# capitals of any length.
_CODED = re.compile(
    r"\b[0-9a-f]{32,}\b|`[^`]*`|\{\w+\}|--?[a-z][\w-]*|[\w./<>-]*[A-Za-z]\w*[._/:=-][\w./:=<>-]*|\b[A-Z]{2,}[A-Z0-9]*\b"
    r"|\b[A-Z]\b|\b(?:[A-Z][a-z]+){2,}\b|\b[A-Z]•+"
)
_WORD = re.compile(r"[A-Za-z0-9]*[A-Za-z][A-Za-z0-9]*")


def foreign_words(text: str) -> list[str]:
    """The words that are neither Chinese nor what is the same in every language."""
    return [word for word in _WORD.findall(_CODED.sub(" ", text)) if word not in ALLOWED]
