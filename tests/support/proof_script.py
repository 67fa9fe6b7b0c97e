"""Runs tools/verify_proof.py as others would: in a process of its own, isolated from our code."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parents[2] / "tools" / "verify_proof.py"
_MANY = """
import pathlib, runpy, sys
main = runpy.run_path(sys.argv[1])["main"]
for file in sorted(pathlib.Path(sys.argv[2]).iterdir()):
    main(file, sys.argv[3] or None)
    print("---")
"""


def run_script(*arguments: object) -> tuple[int, str]:
    """Exit code and output for a command line."""
    command = [sys.executable, "-I", str(SCRIPT), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def script_verdict(folder: Path, file: bytes, key: str | None) -> dict[str, Any]:
    path = folder / "proof.json"
    path.write_bytes(file)
    code, output = run_script(path, *([key] if key else []))
    verdict: dict[str, Any] = json.loads(output)
    assert (code == 0) == (verdict["verdict"] == "verified")
    return verdict


def script_verdicts(folder: Path, files: list[bytes], key: str | None) -> list[dict[str, Any]]:
    """The verdicts on many files, in one process."""
    folder.mkdir()
    for number, file in enumerate(files):
        (folder / f"{number:05}.json").write_bytes(file)
    command = [sys.executable, "-I", "-c", _MANY, str(SCRIPT), str(folder), key or ""]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(text) for text in done.stdout.split("---\n")[:-1]]
