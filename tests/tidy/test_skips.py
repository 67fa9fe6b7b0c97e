"""In CI a skip that nobody allowed fails the run, be it of a test or of a whole module."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
GOOD = "def test_good() -> None: pass\n"
SKIPS = {
    "module": 'import pytest\npytest.skip("no such tool", allow_module_level=True)\n',
    "import": 'import pytest\npytest.importorskip("no_such_module")\n',
    "mark": 'import pytest\npytestmark = pytest.mark.skipif(True, reason="no such tool")\n' + GOOD,
    "test": 'import pytest\ndef test_bad() -> None:\n    pytest.skip("no such tool")\n',
}
ALLOWED = 'import pytest\npytest.skip("needs an ordinary user", allow_module_level=True)\n'
# Without such a user `run` is never tried as one: test_readme says so, and nobody allowed it.
LONGER = ALLOWED.replace("user", "user who may read this interpreter")


def run(folder: Path, *sources: str, in_ci: bool, workers: int = 0) -> tuple[int, str]:
    for number, source in enumerate((GOOD, *sources)):
        (folder / f"test_scratch_{number}.py").write_text(source, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider",
         "-c", "pyproject.toml", "-n", str(workers), str(folder)],
        cwd=REPOSITORY,
        env=environment | ({"CI": "true"} if in_ci else {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.mark.parametrize("workers", [0, 2])
def test_a_skip_without_leave_fails_in_ci(tmp_path: Path, workers: int) -> None:
    status, said = run(tmp_path, *SKIPS.values(), in_ci=True, workers=workers)
    named = re.findall(r"skipped without leave: .*test_scratch_(\d)", said)
    assert (status, sorted(named)) == (1, ["1", "2", "3", "4"]), said


def test_one_module_that_skips_itself_is_enough(tmp_path: Path) -> None:
    assert run(tmp_path, SKIPS["module"], in_ci=True)[0] == 1


def test_leave_for_one_reason_is_none_for_a_longer_one(tmp_path: Path) -> None:
    status, said = run(tmp_path, ALLOWED, LONGER, in_ci=True)
    assert (status, re.findall(r"test_scratch_(\d)\.py: needs", said)) == (1, ["2"]), said


def test_a_skip_is_free_elsewhere_and_an_allowed_one_everywhere(tmp_path: Path) -> None:
    assert run(tmp_path, *SKIPS.values(), in_ci=False)[0] == 0
    (tmp_path / "allowed").mkdir()
    assert run(tmp_path / "allowed", ALLOWED, in_ci=True)[0] == 0
