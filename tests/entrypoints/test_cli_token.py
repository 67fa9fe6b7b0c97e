"""Who takes a file in shows a token: from the environment or saved, and without one is refused."""

from pathlib import Path

import pytest

from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.terminal import REFUSED
from countersign.entrypoints.installation import set_up
from countersign.infra.settings import load_settings

pytestmark = pytest.mark.fast


def test_a_file_without_a_token_is_refused_before_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, file = tmp_path / "data", tmp_path / "a.xml"
    set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name="new")
    file.write_text("<a/>", "utf-8")
    monkeypatch.setenv("COUNTERSIGN_DATA", str(data))
    ingest = ["ingest", str(file)]
    # An empty variable counts as not set; with a token the gate is asked, and nothing runs here.
    for token, code in (("", "ingest.no_token"), ("any", "installation.not_running")):
        monkeypatch.setenv("COUNTERSIGN_TOKEN", token)
        assert main(ingest) == REFUSED
        assert capsys.readouterr().err.startswith(f"{code}: ")
    monkeypatch.delenv("COUNTERSIGN_TOKEN")
    assert main(ingest) == REFUSED
    assert capsys.readouterr().err.startswith("ingest.no_token: ")
    assert sorted(tmp_path.glob("a.xml*")) == [file]


def test_of_several_tokens_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data, file = tmp_path / "data", tmp_path / "a.xml"
    set_up(load_settings({"COUNTERSIGN_DATA": str(data)}), name="new")
    file.write_text("<a/>", "utf-8")
    monkeypatch.setenv("COUNTERSIGN_DATA", str(data))
    monkeypatch.delenv("COUNTERSIGN_TOKEN", raising=False)
    (data / "tokens").mkdir()

    def said(*more: str) -> str:
        assert main(["ingest", str(file), *more]) == REFUSED
        return capsys.readouterr().err

    for name in ("erp", "main%20office"):
        assert said("--credential", "erp").startswith("ingest.no_such_token: ") == (name == "erp")
        (data / "tokens" / f"{name}.token").write_text("cst_x", "utf-8")
        if name == "erp":  # With one there is no choice: the gate is asked.
            assert said().startswith("installation.not_running: ")
    assert said().startswith("ingest.several_tokens: ")
    assert "(erp, main office)" in said()
    assert said("--credential", "nope").startswith(
        "ingest.no_such_token: No token is saved as nope; "
    )
    assert said("--credential", "").startswith("ingest.no_such_token: ")
    for name in ("erp", "main office"):
        assert said("--credential", name).startswith("installation.not_running: ")
    monkeypatch.setenv("COUNTERSIGN_TOKEN", "any")
    assert said().startswith("installation.not_running: ")
    assert said("--credential", "nope").startswith("ingest.no_such_token: ")
