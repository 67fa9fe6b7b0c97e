"""Checks of the data folder: settings, what is in it, who can read it, space, leftovers."""

import os
import shutil
import stat
from pathlib import Path

from countersign.entrypoints.backup.backing_up import INSTANCE_FILE
from countersign.entrypoints.backup.folder import WORK_NAME
from countersign.entrypoints.backup.marker import read_marker
from countersign.entrypoints.doctor.model import Site, Verdict, fault, fine, refused, warning
from countersign.entrypoints.installation import FolderOpenToOthers, NotSetUp
from countersign.infra.own_folder import is_open_to_others
from countersign.infra.postgres.folders import Folders
from countersign.infra.postgres.os_user import choose_os_user
from countersign.infra.postgres.postmaster import find_postmaster
from countersign.infra.settings import FILE_NAME

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_GIB = 1024**3
_SPACE_LEAST = 1 * _GIB
_SPACE_LOW = 5 * _GIB
# What nobody else may read, and what nobody else may change; a folder closes what is in it.
_SECRET = ("keyset.sealed", "secrets", "sockets", "tokens")
_OWN = ("head", INSTANCE_FILE, "database.json", FILE_NAME)


def settings(site: Site) -> Verdict:
    """The settings can be read, and mean something."""
    if site.settings_refusal:
        return refused(site.settings_refusal)
    return fine("The settings can be read.", "設定可以讀取。")


def data_folder(site: Site) -> Verdict:
    """The folder is there, holds an installation, and belongs to who asks."""
    folder = site.data_dir
    if site.installation_refusal:
        return refused(site.installation_refusal)
    try:
        (folder / INSTANCE_FILE).read_bytes()
    except FileNotFoundError:
        return refused(NotSetUp(folder=str(folder)))
    found = folder.stat()
    if is_open_to_others(found):
        return refused(FolderOpenToOthers(folder=str(folder)))
    if found.st_uid != os.geteuid():
        return warning(
            f"{folder} belongs to another user than the one that asks; run this as the user that"
            " runs Countersign.",
            f"{folder} 屬於另一位使用者；請以執行 Countersign 的使用者身分執行此命令。",
        )
    return fine(f"{folder} holds an installation.", f"{folder} 含有一個安裝。")


def private_files(site: Site) -> Verdict | None:
    """Nobody else can read what is secret or change what counts."""
    folder = site.data_dir
    if not folder.is_dir():
        return None
    secret = [*_SECRET, FILE_NAME] if _has_password(folder / FILE_NAME) else [*_SECRET]
    found = [str(folder / name) for name in secret if _mode(folder / name) & _OTHERS]
    found += [str(folder / name) for name in _OWN if _mode(folder / name) & _OTHERS_WRITE]
    if not found:
        return fine("Only their owner can read the private files.", "私密檔案僅擁有者可讀取。")
    shown = ", ".join(found)
    return fault(
        f"Others can read or change {shown}; run `chmod go-rwx` on each, and replace the secrets in"
        " them if anyone may have copied them.",
        f"他人可以讀取或更改 {shown}；請逐一執行 `chmod go-rwx`，"
        "若可能已遭複製，請更換其中的機密。",
    )


def disk(site: Site) -> Verdict:
    """There is space for what comes."""
    folder = next(path for path in (site.data_dir, *site.data_dir.parents) if path.is_dir())
    return space(folder, shutil.disk_usage(folder).free)


def space(folder: Path, free: int) -> Verdict:
    """What is to be said of so many free bytes."""
    shown = f"{free / _GIB:.1f} GiB"
    if free < _SPACE_LEAST:
        return fault(
            f"Only {shown} are free for {folder}; make room before the database stops.",
            f"{folder} 僅剩 {shown} 可用空間；請在資料庫停止之前清出空間。",
        )
    if free < _SPACE_LOW:
        return warning(
            f"{shown} are free for {folder}; make room soon.",
            f"{folder} 剩餘 {shown} 可用空間；請儘早清出空間。",
        )
    return fine(f"{shown} are free for {folder}.", f"{folder} 有 {shown} 可用空間。")


def leftovers(site: Site) -> Verdict | None:
    """Nothing was left by a restore or a server that was killed."""
    if (site.data_dir / WORK_NAME).exists():
        return warning(
            f"A restore into {site.data_dir} did not come to its end; start it again, which clears"
            f" the folder {WORK_NAME}, or remove that folder.",
            f"還原至 {site.data_dir} 未完成；請重新執行還原（會清除資料夾 {WORK_NAME}），"
            "或刪除該資料夾。",
        )
    if site.settings is None or site.settings.database_url:
        return None
    data = Folders(root=site.data_dir.resolve()).data
    pid_file = data / "postmaster.pid"
    has_server = find_postmaster(data, choose_os_user(site.settings.pg_user)) is not None
    if pid_file.exists() and not has_server:
        return warning(
            f"{pid_file} is left of a database server that was killed; `countersign run` clears it"
            " and recovers what was confirmed.",
            f"{pid_file} 是被強制終止的資料庫伺服器所遺留；"
            "`countersign run` 會清除它並復原已確認的內容。",
        )
    return fine("Nothing is left of a killed process.", "沒有被終止程序的遺留物。")


def restored(site: Site) -> Verdict | None:
    """A restored installation has been compared with the rail, and the marker removed."""
    marker = read_marker(site.data_dir)
    if marker is None:
        return None
    return warning(
        f"This installation was restored: it knows nothing of what came after batch"
        f" {marker.batch_seq}. Compare with the rail's statement, the channels and the witnessed"
        f" checkpoints beyond size {marker.log_size}, then remove restored.json.",
        f"此安裝經還原而來，不知道批次 {marker.batch_seq} 之後的任何內容。"
        f"請與清算系統對帳單、各通道及大小超過 {marker.log_size} 的已見證檢查點核對，"
        "然後刪除 restored.json。",
    )


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return 0  # What is not there is no secret. What may not be looked at is no answer.


def _has_password(settings_file: Path) -> bool:
    try:
        return b"database_url" in settings_file.read_bytes()
    except OSError:
        return True  # What cannot be read may hold one.
