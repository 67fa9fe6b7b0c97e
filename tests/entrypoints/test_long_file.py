"""A long file through the command: the process that reads it stays small, whatever the length.

Twenty thousand payments; a million in `make long`. How the gate fares beside it is not asked here.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.channels.test_memory import _write
from tests.support.shell import COMMAND

PAYMENTS = int(os.environ.get("COUNTERSIGN_LONG_PAYMENTS") or 20_000)
PEAK_BYTES_MAX = 300_000_000
MAPPING = """
[file]
known_by = "instruction_id"
[columns]
instruction_id = "Ref"
creditor_account = "To"
creditor_name = "Name"
amount = "Sum"
[constants]
currency = "EUR"
debtor_account = "DE89370400440532013000"
requested_execution_date = "2027-03-31"
"""


# What a process holds when it starts another counts as the other's too, so a small one starts it.
_STARTER = """
import resource, subprocess, sys
ended = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(ended.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_bytes(*arguments: str) -> int:
    """The most memory that a command ever held; it has to end well."""
    told = subprocess.run(
        [sys.executable, "-c", _STARTER, *COMMAND, *arguments],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    status, kilobytes = map(int, told.stdout.split())
    assert status == 0
    return kilobytes * 1024


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["pain.001", "csv"])
def test_a_long_file_is_tried_in_bounded_memory(tmp_path: Path, kind: str) -> None:
    file, mapping = tmp_path / "long", tmp_path / "mapping.toml"
    if kind == "csv":
        row = "N%d,FR1420041010050500013M02606,Anna,1.00\n"
        with file.open("w", encoding="ascii") as target:
            target.write("Ref,To,Name,Sum\n")
            target.writelines(row % number for number in range(PAYMENTS))
        mapping.write_text(MAPPING, "ascii")
        more = ["--mapping", str(mapping)]
    else:
        _write(file, payments=PAYMENTS, payments_per_block=1000)
        more = []
    assert peak_bytes("ingest", "--dry-run", str(file), *more) < PEAK_BYTES_MAX
