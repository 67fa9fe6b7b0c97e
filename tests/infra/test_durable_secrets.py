"""Passwords that a server already took survive a power loss."""

from pathlib import Path

import pytest
from tests.support.syncs import watch_syncs

from countersign.infra.secrets_file import SecretsFile

pytestmark = pytest.mark.fast


def test_secrets_are_durable_before_they_replace_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = SecretsFile(tmp_path / "secrets" / "some.json")
    file.save({"a": "1"})
    syncs = watch_syncs(monkeypatch)
    file.save({"a": "2"})
    beside, folder = syncs
    assert beside.names == sorted([beside.name, "some.json"])
    assert beside.name != "some.json"
    assert folder == ("secrets", ["some.json"])
