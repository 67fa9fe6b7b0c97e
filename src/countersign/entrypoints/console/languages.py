"""Which language a reader has: chosen before, else as the browser says."""

from collections.abc import Mapping

from countersign.kernel.refusal import Language

LANGUAGES: tuple[Language, ...] = ("en", "zh")
COOKIE = "language"


def chosen_language(cookies: Mapping[str, str], accepted: str) -> Language:
    """What the person chose, else what the browser says that it accepts."""
    chosen = cookies.get(COOKIE)
    if chosen not in LANGUAGES:
        chosen = accepted.lower()[:2]
    return "zh" if chosen == "zh" else "en"
