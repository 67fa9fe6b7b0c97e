"""What a thread of its own is for: names that a file makes up are forgotten with the file."""

import threading
from functools import partial
from pathlib import Path

import pytest
from tests.support.pain001 import a_message

from countersign.infra.iso20022.errors import NotXml
from countersign.infra.iso20022.own_thread import in_own_thread
from countersign.infra.iso20022.parser import Limits, MessageReader

ROOT = "CstmrCdtTrfInitn"
FILES = 6
NAMES_BYTES = 8_000_000  # In one file; what is kept for them takes more.


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def _file_of_its_own_names(number: int) -> str:
    file = a_message().text()
    start, end = file.index("<CdtTrfTxInf>"), file.index("</PmtInf>")
    payments = []
    for payment in range(NAMES_BYTES // 800_000):
        names = "".join(f"<n{number}x{payment}x{each}{'a' * 90}/>" for each in range(8_000))
        content = f"<SplmtryData><Envlp><x>{names}</x></Envlp></SplmtryData></CdtTrfTxInf>"
        payments.append(file[start:end].replace("</CdtTrfTxInf>", content))
    return file[:start] + "".join(payments) + file[end:]


def _read(number: int, folder: Path) -> int:
    path = folder / "file.xml"
    path.write_text(_file_of_its_own_names(number))
    with path.open("rb") as stream:
        reader = MessageReader(
            stream,
            supported=["pain.001.001.09"],
            unit_paths=(f"{ROOT}/PmtInf", f"{ROOT}/PmtInf/CdtTrfTxInf"),
            schema_dir=None,
            limits=Limits(),
        )
        return sum(1 for _ in reader.units())


def test_names_of_one_file_are_gone_before_the_next(tmp_path: Path) -> None:
    in_own_thread(partial(_read, 0, tmp_path))
    start_bytes = _resident_bytes()
    for number in range(1, FILES):
        assert in_own_thread(partial(_read, number, tmp_path)) == NAMES_BYTES // 800_000 + 1
    # In one thread the growth would be more than the names of all these files.
    assert _resident_bytes() - start_bytes < NAMES_BYTES * (FILES - 1) // 2


@pytest.mark.fast
def test_work_gives_or_raises_what_it_does() -> None:
    def refuse() -> None:
        raise NotXml(line=1, reason="x")

    assert in_own_thread(threading.current_thread) is not threading.current_thread()
    with pytest.raises(NotXml):
        in_own_thread(refuse)
