"""Switch off one defence at a time in a copy of the source and see its test fail.

`python -m tests.mutants.run [--sample N] [--only TEXT] [--jobs N]`. Ends with 1 if a defence could
be switched off unnoticed, if its text is no longer there, or if its test fails without the change.
Noticed means that the named test failed: a run that could not begin, or found no test, notices
nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

REPOSITORY = Path(__file__).parents[2]
_TIMEOUT_SECONDS = 90
_PASSED, _FAILED = 0, 1  # What pytest ends with; anything else is no verdict.


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    find: str
    replace: str
    test: str


def read_mutants() -> list[Mutant]:
    text = (Path(__file__).parent / "mutants.toml").read_text(encoding="utf-8")
    return [Mutant(**table) for table in tomllib.loads(text)["mutant"]]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int, default=0, help="how many; 0 means all")
    parser.add_argument("--only", default="", help="those whose name holds this text")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    arguments = parser.parse_args()
    mutants = [mutant for mutant in read_mutants() if arguments.only in mutant.name]
    if arguments.sample:
        mutants = Random(sample_seed()).sample(mutants, min(arguments.sample, len(mutants)))
    tests = sorted({mutant.test for mutant in mutants})
    with ThreadPoolExecutor(arguments.jobs) as pool:
        statuses = dict(zip(tests, pool.map(status_of, tests), strict=True))
        noticed = dict(zip(mutants, pool.map(is_noticed, mutants), strict=True))
    broken = [test for test, status in statuses.items() if status != _PASSED]
    survivors = [mutant.name for mutant, is_seen in noticed.items() if not is_seen]
    for test in broken:
        print(f"fails without any change: {test}")
    for name in survivors:
        print(f"NOT NOTICED: {name}")
    print(f"{len(mutants) - len(survivors)} of {len(mutants)} defences are guarded")
    return 1 if broken or survivors else 0


def sample_seed() -> bytes:
    """The same source draws the same sample, every change another one."""
    digest = sha256()
    for path in sorted((REPOSITORY / "src").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()


def is_noticed(mutant: Mutant) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "src"
        # Postgres may run as another user, but it never reads this copy.
        shutil.copytree(REPOSITORY / "src", copy)
        file = copy / "countersign" / mutant.file
        text = file.read_text(encoding="utf-8")
        if text.count(mutant.find) != 1:
            print(f"stands {text.count(mutant.find)} times in {mutant.file}: {mutant.name}")
            return False
        file.write_text(text.replace(mutant.find, mutant.replace), encoding="utf-8")
        status = status_of(mutant.test, copy)
    said = {_FAILED: "noticed", _PASSED: "NOT NOTICED"}.get(status, f"NO VERDICT ({status})")
    print(f"{said:15} {mutant.name}", flush=True)
    return status == _FAILED


def status_of(test: str, source: Path | None = None) -> int:
    environment = dict(os.environ)
    if source:
        environment["PYTHONPATH"] = str(source)
    # A defence that is off may also show as a test that never ends.
    options = ["-q", "-x", "-p", "no:cacheprovider", "--timeout", str(_TIMEOUT_SECONDS)]
    command = [sys.executable, "-m", "pytest", *options, test]
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, check=False
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
