"""Every fact that a policy may ask for has a label in words and units that people read."""

import pytest

from countersign.entrypoints.console.knowledge import _label
from countersign.gate.facts import FACTS
from countersign.kernel.refusal import Language

pytestmark = pytest.mark.fast
LANGUAGES: list[Language] = ["en", "zh"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_has_a_label_of_its_own_without_units_of_machines(language: Language) -> None:
    labels = [_label(name, language) for name in FACTS]
    assert len(set(labels)) == len(FACTS)
    text = " ".join(labels).lower()
    assert not any(unit in text for unit in ("millisecond", "millionth", "毫秒", "百萬分之一"))
