"""Commands as processes of their own, forked from one that has loaded the command line.

Loading it takes half a second of a core, and the tests give hundreds of commands. A forked command
has its own arguments, environment, folder and output, and ends as any process does.
"""

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

COMMAND = (sys.executable, "-m", "countersign.entrypoints.cli.main")
_REQUEST_BYTES_MAX = 1 << 20
_READ_AT_START = ("PYTHON", "LANG", "LC_")  # By the interpreter, once.


class Ended(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


def ended(words: Sequence[str], *, timeout_seconds: float) -> Ended:
    """Give one command and wait for its end; one that takes too long is killed, and that raises."""
    if _read_at_start(os.environ) != _BORN_WITH:
        done = subprocess.run(
            [*COMMAND, *words], capture_output=True, text=True, check=False, timeout=timeout_seconds
        )
        return Ended(done.returncode, done.stdout, done.stderr)
    request = {"words": list(words), "environment": dict(os.environ), "folder": str(Path.cwd())}
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as error,
        socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as asked,
    ):
        asked.connect(_address())
        asked.settimeout(timeout_seconds)
        socket.send_fds(asked, [json.dumps(request).encode()], [out.fileno(), error.fileno()])
        pid = int(asked.recv(64))
        try:
            status = int(asked.recv(64))
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise
        return Ended(status, _text(out), _text(error))


def _text(file: BinaryIO) -> str:
    file.seek(0)
    return file.read().decode()


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in environment.items() if name.startswith(_READ_AT_START)}


_BORN_WITH = _read_at_start(os.environ)
_addresses: list[str] = []


def _address() -> str:
    """Of the process that forks, which is started when it is first needed."""
    if not _addresses:
        folder = Path(tempfile.mkdtemp(prefix="countersign-forked-"))
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forked", str(folder / "socket")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.stdout.close()
        atexit.register(_end, process, folder)
        _addresses.append(str(folder / "socket"))
    return _addresses[0]


def _end(process: "subprocess.Popen[bytes]", folder: Path) -> None:
    if process.stdin:
        process.stdin.close()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _serve(address: str) -> None:
    """Fork one process for each command, until whoever started this is gone."""
    from countersign.entrypoints.cli.command_line import parser_for  # noqa: PLC0415

    parser_for([])  # Loads every command.
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        attending: set[int] = set()
        while True:
            ready, _, _ = select.select([listener.fileno(), 0], [], [])
            if 0 in ready:
                return
            connection, _ = listener.accept()
            pid = os.fork()
            if pid == 0:
                listener.close()
                _attend(connection)
            connection.close()
            attending -= {one for one in attending if os.waitpid(one, os.WNOHANG)[0]}
            attending.add(pid)


def _attend(connection: socket.socket) -> NoReturn:
    """Fork the command and tell its number and how it ended."""
    request, descriptors, _, _ = socket.recv_fds(connection, _REQUEST_BYTES_MAX, 2)
    pid = os.fork()
    if pid == 0:
        connection.close()
        _become(json.loads(request), descriptors)
    connection.send(str(pid).encode())
    _, status = os.waitpid(pid, 0)
    connection.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(request: Mapping[str, object], descriptors: Sequence[int]) -> NoReturn:
    from countersign.entrypoints.cli.main import main  # noqa: PLC0415

    nothing = os.open(os.devnull, os.O_RDONLY)
    for own, descriptor in enumerate([nothing, *descriptors]):
        os.dup2(descriptor, own)
        os.close(descriptor)
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]
    os.chdir(str(request["folder"]))
    sys.argv = ["countersign", *request["words"]]  # type: ignore[misc]
    sys.exit(main())


if __name__ == "__main__":
    _serve(sys.argv[1])
