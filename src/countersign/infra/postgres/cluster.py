"""Countersign's own Postgres server below a data folder: made, started, adopted and stopped here.

One process at a time runs a server, by a lock that dies with it. The server has a session of its
own, so a Ctrl-C in the terminal does not reach it; if it outlives its supervisor, the next start
adopts it. It listens on a private socket only, and asks even there for a SCRAM password.
"""

import fcntl
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, NamedTuple, Self

import psycopg
from psycopg.conninfo import make_conninfo

from countersign.infra import clock
from countersign.infra.postgres.binaries import Binaries
from countersign.infra.postgres.data_folder import last_line, make_data_folder, require_same_major
from countersign.infra.postgres.errors import (
    AlreadyRunning,
    PasswordRefused,
    StartFailed,
    StopFailed,
)
from countersign.infra.postgres.folders import (
    Folders,
    make_root,
    make_server_folder,
    remove_short_socket_folder,
    socket_folder,
)
from countersign.infra.postgres.os_user import OsUser, bare_environment
from countersign.infra.postgres.postmaster import discard_foreign_pid_file, find_postmaster
from countersign.infra.postgres.server import Server
from countersign.infra.postgres.server_settings import server_arguments
from countersign.infra.secrets_file import SecretsFile
from countersign.kernel.invariant import InvariantBroken, invariant

# Replaying a full gigabyte of write-ahead log after a crash took half a minute on a slow disk.
START_TIMEOUT_SECONDS = 300.0
STOP_TIMEOUT_SECONDS = 30.0


class EmbeddedCluster:
    """The Postgres server of one data folder; as a context manager, running inside of `with`."""

    def __init__(
        self,
        root: Path,
        *,
        binaries: Binaries,
        os_user: OsUser,
        extra_settings: Mapping[str, str] | None = None,
    ) -> None:
        self.os_user = os_user
        self.folders = Folders(root=root.resolve())
        self._binaries = binaries
        self._extra_settings = dict(extra_settings or {})
        self._secrets = SecretsFile(self.folders.secrets / "postgres.json")
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket_folder: Path | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether a server of this data folder is alive, whoever started it."""
        return find_postmaster(self.folders.data, self.os_user) is not None

    def start(
        self,
        *,
        timeout_seconds: float = START_TIMEOUT_SECONDS,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Make the data folder if need be, start or adopt the server, and wait until it serves.

        The wait ends with StartFailed when the server `is_wanted` no more.
        """
        make_root(self.folders, self.os_user)
        is_again = self._lock is not None  # A server that died is started again.
        if not is_again:
            self._take_lock()
        try:
            self._start(_Patience(clock.monotonic() + timeout_seconds, is_wanted))
        except BaseException:
            # Whatever was started is ended, so that a failed start leaves nothing behind.
            self._end_own_process()
            if not is_again:  # Else whoever runs the server still has to stop it.
                self._release_lock()
            raise

    def stop(self, *, timeout_seconds: float = STOP_TIMEOUT_SECONDS) -> None:
        """Stop the server: cleanly, else at once, else by force. Nothing confirmed is lost."""
        invariant(self._lock is not None, "only the process that runs the server stops it")
        for mode in ("fast", "immediate"):
            if self.is_running:
                self._pg_ctl(
                    *("stop", "-D", str(self.folders.data), "-m", mode),
                    *("-w", "-t", str(max(1, round(timeout_seconds)))),
                )
        self._kill()
        deadline = clock.monotonic() + timeout_seconds
        while self.is_running:
            if clock.monotonic() > deadline:
                raise StopFailed(folder=str(self.folders.root))
            time.sleep(_POLL_SECONDS)
        self._reap()
        remove_short_socket_folder(self.folders, self.os_user)
        self._release_lock()

    def superuser_dsn(self, database: str = "postgres") -> str:
        """Give the superuser's conninfo: for preparing databases and for tests, never for work."""
        return make_conninfo(
            host=str(self._started_socket_folder()),
            port=5432,
            user="postgres",
            password=self._secrets.get_or_make("superuser"),
            dbname=database,
            # Whoever else might answer on that path must not be sent a password.
            require_auth="scram-sha-256",
            requirepeer=self.os_user.name,
        )

    def server(self) -> Server:
        """Give the running server for `prepare_database`."""
        return Server(admin_dsn=self.superuser_dsn(), is_embedded=True)

    def _start(self, patience: "_Patience") -> None:
        make_server_folder(self.folders, self.os_user)
        self.os_user.require_access(self._binaries.folder)
        password = self._secrets.get_or_make("superuser")
        make_data_folder(self.folders, self._binaries, self.os_user, password=password)
        require_same_major(self.folders, self._binaries)
        self._socket_folder = socket_folder(self.folders, self.os_user)
        if not self.is_running:
            self._reap()
        while not self._is_ready():
            if self.is_running:
                self._sleep(patience)  # One that outlived its supervisor, or is on its way down.
            else:
                self._launch(patience)
        self._require_own_server()

    def _is_ready(self) -> bool:
        postmaster = find_postmaster(self.folders.data, self.os_user)
        return postmaster is not None and postmaster.is_ready

    def _launch(self, patience: "_Patience") -> None:
        """Start a server process; return when it is ready, or when it is worth another try."""
        with tempfile.TemporaryFile() as errors:
            self._process = self._open_process(errors)
            while self._process.poll() is None and not self._is_ready():
                self._sleep(patience)
            if self._process.poll() is None:
                return
            errors.seek(0)
            message = errors.read().decode(errors="replace")
        self._process = None
        if not self._is_worth_another_try(message):
            raise StartFailed(folder=str(self.folders.root), reason=last_line(message))
        self._sleep(patience)

    def _is_worth_another_try(self, message: str) -> bool:
        # After a kill the old server's children need a moment to notice and to let go.
        if "pre-existing shared memory block" in message:
            return True
        if 'lock file "postmaster.pid" already exists' not in message:
            return False
        # After a reboot the old server's number may belong to some other program by now; or someone
        # started the server by hand this moment, and then it is adopted.
        give_up = clock.monotonic() + _CHILDREN_LET_GO_SECONDS
        while not (self.is_running or discard_foreign_pid_file(self.folders.data, self.os_user)):
            if clock.monotonic() > give_up:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def _open_process(self, errors: IO[bytes]) -> subprocess.Popen[bytes]:
        arguments = server_arguments(
            log_folder=self.folders.log,
            socket_folder=self._started_socket_folder(),
            extra_settings=self._extra_settings,
        )
        return subprocess.Popen(
            [self._binaries.program("postgres"), "-D", self.folders.data, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd="/",
            env=bare_environment(),
            umask=0o077,
            start_new_session=True,
            **self.os_user.credentials(),
        )

    def _started_socket_folder(self) -> Path:
        if self._socket_folder is None:
            raise InvariantBroken("a server has an address once it was started")
        return self._socket_folder

    def _sleep(self, patience: "_Patience") -> None:
        if clock.monotonic() > patience.deadline:
            raise StartFailed(folder=str(self.folders.root), reason="it was not ready in time")
        if not patience.is_wanted():
            raise StartFailed(folder=str(self.folders.root), reason="it was told to stop")
        time.sleep(_POLL_SECONDS)

    def _require_own_server(self) -> None:
        """Log in once, which proves the password and that this is the server of this folder."""
        try:
            with psycopg.connect(self.superuser_dsn(), connect_timeout=10) as connection:
                row = connection.execute("SELECT current_setting('data_directory')").fetchone()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise PasswordRefused(
                    folder=str(self.folders.root), file=str(self._secrets.path)
                ) from None
            raise StartFailed(folder=str(self.folders.root), reason=last_line(str(error))) from None
        if row != (str(self.folders.data),):
            raise StartFailed(folder=str(self.folders.root), reason="another server answers there")

    def _pg_ctl(self, *arguments: str) -> None:
        # Run as Postgres's user, so that a forged pid file can at most hit that user's processes.
        # Its exit code says nothing that `is_running` does not say better.
        self.os_user.run([self._binaries.program("pg_ctl"), *arguments])

    def _kill(self) -> None:
        postmaster = find_postmaster(self.folders.data, self.os_user)
        if postmaster is not None:
            self._pg_ctl("kill", "KILL", str(postmaster.pid))

    def _end_own_process(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(_GIVE_UP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._reap()

    def _reap(self) -> None:
        if self._process is not None:
            self._process.wait(_GIVE_UP_SECONDS)
            self._process = None

    def _take_lock(self) -> None:
        # Nobody else may open the file, since holding its lock would keep the server from starting.
        lock = os.open(self.folders.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise AlreadyRunning(folder=str(self.folders.root)) from None
        self._lock = lock

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


class _Patience(NamedTuple):
    """How long a start is waited for."""

    deadline: float
    is_wanted: Callable[[], bool]


_POLL_SECONDS = 0.02
_GIVE_UP_SECONDS = 10.0
_CHILDREN_LET_GO_SECONDS = 2.0
