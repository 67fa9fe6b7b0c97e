"""One installation: its data folder, its instance id, its keys, and how its database is reached.

Rules: 1. The key that opens the keyset lies outside the data folder. 2. What is made at set-up is
made in an order that a crash can only leave to be made again: keys, head file, then the instance,
which never replaces one. 3. No password stands in a file that others can read. 4. Who may write
into the data folder is this user alone, and root.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from countersign.audit.checkpoint import Verifier
from countersign.entrypoints.run_lock import FILE_NAME as LOCK_NAME
from countersign.gate.head import HeadFile
from countersign.infra.clock import SystemClock
from countersign.infra.database import Database, Role
from countersign.infra.own_folder import is_of_another, is_open_to_others
from countersign.infra.secrets_file import SecretsFile
from countersign.infra.settings import FILE_NAME, Settings
from countersign.kernel.ids import new_id
from countersign.kernel.refusal import Kind, Refusal
from countersign.vault.keyset import Keyset, create_keyset, load_keyset
from countersign.vault.protectors import Protector, create_key_file, protector_for, sync_folder


class NotSetUp(Refusal):
    """There is no installation in {folder}; start one with `countersign run --data {folder}`."""

    code = "installation.not_set_up"
    kind = Kind.NOT_FOUND
    chinese = "{folder} 中沒有安裝；請以 `countersign run --data {folder}` 建立。"


class NotRunning(Refusal):
    """Nothing runs for {folder}; start it with `countersign run --data {folder}`."""

    code = "installation.not_running"
    kind = Kind.UNAVAILABLE
    chinese = "{folder} 目前沒有執行；請以 `countersign run --data {folder}` 啟動。"


class HalfSetUp(Refusal):
    """The set-up of {folder} is damaged: {what} is missing. Restore it from the backup."""

    code = "installation.half_set_up"
    kind = Kind.CONFLICT
    chinese = "{folder} 的安裝已損壞：缺少 {what}。請從備份還原。"


class ForeignFolder(Refusal):
    """{folder} holds no installation but other things, such as {found}.

    Countersign makes its data folder in a new or an empty one: name such a folder with --data. If
    an installation was here, restore its instance.json from the backup.
    """

    code = "installation.foreign_folder"
    kind = Kind.CONFLICT
    chinese = (
        "{folder} 中沒有安裝，卻有其他內容，例如 {found}。"
        "Countersign 只在新的或空的資料夾中建立安裝：請以 --data 指定這樣的資料夾。"
        "若此處原有安裝，請從備份還原其 instance.json。"
    )


class SetUpAlready(Refusal):
    """Another process has set up {folder} in the meantime; give the same command again."""

    code = "installation.set_up_already"
    kind = Kind.CONFLICT
    chinese = "另一個程序已在此期間設定 {folder}；請重新執行同一命令。"


class FolderOpenToOthers(Refusal):
    """Others may write into {folder}, and so exchange what is in it.

    Let its owner alone write (`chmod go-w {folder}`), find out who had access, and start again.
    """

    code = "installation.folder_open_to_others"
    kind = Kind.FORBIDDEN
    chinese = (
        "他人可寫入 {folder}，因而能調換其中內容。"
        "請只允許其擁有者寫入（`chmod go-w {folder}`），查明誰曾有存取權，然後重新啟動。"
    )


class FolderOfAnother(Refusal):
    """{folder} belongs to user {uid}, who may exchange what is in it.

    Start as that user, or name a folder of your own with --data.
    """

    code = "installation.folder_of_another"
    kind = Kind.FORBIDDEN
    chinese = (
        "{folder} 屬於使用者 {uid}，該使用者能調換其中內容。"
        "請以該使用者身分啟動，或以 --data 指定自己的資料夾。"
    )


class BadName(Refusal):
    """A name is 1 to 64 letters, digits, dots, dashes and underscores; give such a --name.

    It is the origin of the audit log and stands in every checkpoint.
    """

    code = "installation.bad_name"
    kind = Kind.INVALID
    chinese = "實例名稱須為 1 至 64 個字母、數字、點、連字號或底線；請以 --name 指定。"


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_INSTANCE_FILE = "instance.json"
_UNFINISHED = ("keyset.sealed", "head", "instance.new")
# What may be there before a set-up: settings, the lock of whoever sets up, and the work of a
# set-up that did not come to its end.
_BEFORE_SET_UP = re.compile(
    rf"{re.escape(FILE_NAME)}|{re.escape(LOCK_NAME)}"
    r"|keyset\.sealed|\.keyset\.sealed\.[0-9a-f]+|head|instance\.new|lost\+found"
)


class _Instance(msgspec.Struct, frozen=True, kw_only=True):
    id: bytes
    name: str
    created_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What every entrypoint needs to know of the data folder it works for."""

    settings: Settings
    instance: bytes
    name: str

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    @property
    def keyset_file(self) -> Path:
        return self.data_dir / "keyset.sealed"

    @property
    def sockets(self) -> Path:
        return self.data_dir / "sockets"

    @property
    def head(self) -> HeadFile:
        return HeadFile(self.data_dir / "head", self.instance)

    def keyset(self) -> Keyset:
        return load_keyset(self.keyset_file, protector_of(self.settings))

    def log_verifier(self, keyset: Keyset) -> Verifier:
        """The public key of this instance's log; its name is the log's origin."""
        public = keyset.signing_key("checkpoint").public_key()
        return Verifier(name=self.name, public_key=public.public_bytes_raw())

    def note_reach(self, database: Database) -> None:
        """Leave word for the other commands where the database answers."""
        parameters = conninfo_to_dict(database.dsn(Role.READER))
        secret = {"user", "password", "application_name"}
        reach = {name: str(value) for name, value in parameters.items() if name not in secret}
        file = self.data_dir / "database.json"
        _write_new(file.with_suffix(".new"), msgspec.json.encode(reach)).replace(file)

    def dsn(self, role: Role) -> str:
        """The conninfo of one role in the running database."""
        try:
            content = (self.data_dir / "database.json").read_bytes()
        except FileNotFoundError:
            raise NotRunning(folder=str(self.data_dir)) from None
        reach = msgspec.json.decode(content, type=dict[str, str])
        password = SecretsFile(self.data_dir / "secrets" / "database.json").load()[role]
        return make_conninfo(**reach, user=role.value, password=password)


def default_key_file(data_dir: Path) -> Path:
    """Beside the data folder, never in it."""
    return data_dir.with_name(data_dir.name + ".key")


def key_of(settings: Settings) -> Path:
    """The file whose loss makes everything that is sealed unreadable."""
    return settings.passphrase_file or settings.key_file or default_key_file(settings.data_dir)


def protector_of(settings: Settings) -> Protector:
    """What opens the keyset of these settings."""
    return protector_for(
        settings.data_dir,
        key_file=settings.key_file or default_key_file(settings.data_dir),
        passphrase_file=settings.passphrase_file,
    )


def load_installation(settings: Settings) -> Installation:
    """The installation of a data folder; refuses one that is not there."""
    file = settings.data_dir / _INSTANCE_FILE
    try:
        instance = msgspec.json.decode(file.read_bytes(), type=_Instance)
    except FileNotFoundError:
        raise NotSetUp(folder=str(settings.data_dir)) from None
    except msgspec.MsgspecError:
        raise HalfSetUp(folder=str(settings.data_dir), what=_INSTANCE_FILE) from None
    return Installation(settings=settings, instance=instance.id, name=instance.name)


def prepare_folder(data_dir: Path, *, name: str) -> None:
    """Have the folder there, so that it can be locked; one that must not be worked in is refused.

    A folder that is refused is left as it is, without as much as a lock.
    """
    is_set_up = os.path.lexists(data_dir / _INSTANCE_FILE)
    if not is_set_up:
        if not _NAME.fullmatch(name):
            raise BadName
        try:
            data_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        except FileExistsError:
            raise ForeignFolder(folder=str(data_dir), found=data_dir.name) from None
    require_own(data_dir)
    if not is_set_up:
        _require_free(data_dir)


def require_own(data_dir: Path) -> None:
    """Refuse a data folder whose content somebody else could exchange."""
    found = data_dir.stat()
    if is_of_another(found):
        raise FolderOfAnother(folder=str(data_dir), uid=found.st_uid)
    if is_open_to_others(found):
        raise FolderOpenToOthers(folder=str(data_dir))


def set_up(settings: Settings, *, name: str) -> Installation:
    """Make a new installation: key file if none is configured, keyset, head file, instance.

    Where others may do the same, the caller holds the run lock.
    """
    data_dir = settings.data_dir
    prepare_folder(data_dir, name=name)
    file = data_dir / _INSTANCE_FILE
    if os.path.lexists(file):
        raise SetUpAlready(folder=str(data_dir))
    if not settings.passphrase_file and not settings.key_file:
        key_file = default_key_file(data_dir)
        if not key_file.exists():
            create_key_file(key_file, data_dir=data_dir)
    instance = _Instance(
        id=new_id(SystemClock().now_ms()), name=name, created_ms=SystemClock().now_ms()
    )
    # Leftovers of a set-up that did not come to its end belong to nobody yet.
    for leftover in _UNFINISHED:
        (data_dir / leftover).unlink(missing_ok=True)
    create_keyset(data_dir / "keyset.sealed", protector_of(settings))
    HeadFile(data_dir / "head", instance.id).create()
    beside = _write_new(file.with_suffix(".new"), msgspec.json.encode(instance))
    try:
        os.link(beside, file)
    except FileExistsError:
        raise SetUpAlready(folder=str(data_dir)) from None
    beside.unlink()
    sync_folder(data_dir)
    return load_installation(settings)


def _require_free(data_dir: Path) -> None:
    """Refuse to set up among what is not Countersign's, or what is left of an installation."""
    names = [path.name for path in data_dir.iterdir()]
    if _INSTANCE_FILE in names:
        raise SetUpAlready(folder=str(data_dir))
    foreign = [name for name in names if not _BEFORE_SET_UP.fullmatch(name)]
    if foreign:
        raise ForeignFolder(folder=str(data_dir), found=min(foreign))


def _write_new(path: Path, content: bytes) -> Path:
    """Write a small file whole, to be put in its place by the caller."""
    # What a crash left may be the very file that is in place, under its first name.
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return path
