"""Checks of the database: reachable, fit, up to date, and not behind what is known outside it."""

import os

from countersign.entrypoints.doctor.model import (
    Level,
    Site,
    Verdict,
    fault,
    fine,
    refused,
    warning,
)
from countersign.gate.errors import NoHeadFile
from countersign.gate.head import Head
from countersign.gate.journal import scanning
from countersign.infra.clock import SystemClock
from countersign.infra.migrations.errors import DatabaseTooOld
from countersign.infra.migrations.runner import require_current
from countersign.infra.postgres.binaries import find_binaries, require_supported
from countersign.infra.postgres.folders import Folders
from countersign.infra.postgres.os_user import choose_os_user
from countersign.infra.postgres.postmaster import find_postmaster
from countersign.infra.secrets_file import SecretsFile
from countersign.kernel.refusal import Refusal

_LATE_MS = 60_000
_YEAR_2025_MS = 1_735_689_600_000


def programs(site: Site) -> Verdict | None:
    """The programs of the embedded server are there."""
    if site.settings is None or site.settings.database_url:
        return None
    try:
        found = find_binaries(site.settings.pg_bindir)
    except Refusal as refusal:
        return refused(refusal)
    return fine(
        f"The programs of Postgres {found.major_version} are there.",
        f"Postgres {found.major_version} 的程式存在。",
    )


def reachable(site: Site) -> Verdict | None:
    """The database answers."""
    if site.installation is None or site.settings is None:
        return None
    try:
        SecretsFile(site.data_dir / "secrets" / "database.json").load()
    except Refusal as refusal:
        return refused(refusal)
    if site.reader is not None:
        return fine("The database answers.", "資料庫有回應。")
    if site.settings.database_url:
        return fault(
            "The database server of COUNTERSIGN_DATABASE_URL does not answer or refuses the login;"
            " check that it runs, the network, and the passwords in secrets/database.json.",
            "COUNTERSIGN_DATABASE_URL 的資料庫伺服器沒有回應或拒絕登入；"
            "請檢查其是否執行、網路，以及 secrets/database.json 中的密碼。",
        )
    data = Folders(root=site.data_dir.resolve()).data
    has_server = find_postmaster(data, choose_os_user(site.settings.pg_user)) is not None
    return _SILENT if has_server else _NOT_RUNNING if site.runner is None else _DEAD


def version(site: Site) -> Verdict | None:
    """The server's version is one that is tested."""
    if site.reader is None:
        return None
    number = site.reader.info.server_version
    shown = f"{number // 10_000}.{number % 10_000}"
    try:
        require_supported(number // 10_000, version=shown)
    except Refusal as refusal:
        return refused(refusal)
    return fine(f"Postgres {shown} is supported.", f"支援 Postgres {shown}。")


def durability(site: Site) -> Verdict | None:
    """The server loses nothing that it confirmed."""
    if site.reader is None:
        return None
    unsafe = [row[0] for row in site.reader.execute(_UNSAFE).fetchall()]
    if not unsafe:
        return fine("The server keeps what it confirms.", "伺服器會保留其已確認的內容。")
    shown = ", ".join(unsafe)
    english = (
        f"The database server has {shown} off, so it may lose what it confirmed; turn it on and"
        " restart the server."
    )
    chinese = f"資料庫伺服器的 {shown} 為關閉狀態，可能遺失已確認的內容；請開啟並重新啟動伺服器。"
    # The gate turns synchronous_commit on for itself, whatever the server says.
    is_gate_safe = unsafe == ["synchronous_commit"]
    return warning(english, chinese) if is_gate_safe else fault(english, chinese)


def os_user(site: Site) -> Verdict | None:
    """Postgres runs as another user than the gate."""
    if site.settings is None:
        return None
    if site.settings.database_url:
        return fine(
            "The database is a server of its own; see that it runs as another user than the gate.",
            "資料庫為獨立伺服器；請確認其執行身分與閘口不同。",
        )
    try:
        is_separate = choose_os_user(site.settings.pg_user).is_separate
    except Refusal as refusal:
        return refused(refusal)
    data = Folders(root=site.data_dir.resolve()).server
    if data.exists():
        is_separate = data.stat().st_uid != os.geteuid()
    if is_separate:
        return fine(
            "Postgres runs as another user than the gate.", "Postgres 與閘口以不同使用者執行。"
        )
    return warning(
        "Postgres runs as the same user as the gate, so whoever is superuser of the database could"
        " reach the gate's keys; start as root or use an external server.",
        "Postgres 與閘口以同一使用者執行，資料庫的超級使用者可能觸及閘口的金鑰；"
        "請以 root 啟動或改用外部伺服器。",
    )


def migrations(site: Site) -> Verdict | None:
    """The tables are those of this version."""
    if site.reader is None:
        return None
    try:
        require_current(site.reader)
    except DatabaseTooOld as refusal:
        return refused(refusal, Level.WARN)  # `run` brings it up to date.
    except Refusal as refusal:
        return refused(refusal)
    return fine("The tables are those of this version.", "資料表與此版本相符。")


def head_file(site: Site) -> Verdict | None:
    """The head file can be read, and the database holds the batch that it knows."""
    if site.installation is None:
        return None
    try:
        kept = site.installation.head.read()
    except NoHeadFile as refusal:
        return refused(refusal)
    if site.reader is None:
        return fine(
            f"The head file knows batch {kept.seq}; the database is not there to compare.",
            f"`head` 檔記錄至批次 {kept.seq}；資料庫未執行，未予比對。",
        )
    known = scanning.header_at(site.reader, kept.seq) if kept.seq else None
    if kept.seq and (
        known is None or Head(known.seq, known.term, known.root, known.state_hash) != kept
    ):
        return fault(
            f"The head file knows batch {kept.seq}, and the database does not have it as it was:"
            " it was cut, changed, or is an old copy. Do not work with it; put the right database"
            " back, or keep both as evidence and restore a backup.",
            f"`head` 檔記錄批次 {kept.seq}，而資料庫中的該批次缺少或不同："
            "資料庫可能遭截斷、更動，或為舊複本。請勿使用；請放回正確的資料庫，"
            "或保留兩者作為證據並還原備份。",
        )
    return fine(
        f"The database holds batch {kept.seq}, which the head file knows.",
        f"資料庫含有 `head` 檔所記錄的批次 {kept.seq}。",
    )


def clock(site: Site) -> Verdict:
    """This machine's clock is not behind what was decided already."""
    now_ms = SystemClock().now_ms()
    newest = scanning.newest_header(site.reader) if site.reader is not None else None
    behind_ms = max(_YEAR_2025_MS, newest.batch_ms if newest else 0) - now_ms
    if behind_ms > _LATE_MS:
        return fault(
            f"This machine's clock is {behind_ms // 1000} seconds behind the newest batch, so"
            " timers stand still; set the clock by a time server.",
            f"本機時鐘比最新批次慢 {behind_ms // 1000} 秒，計時器因而停滯；請與時間伺服器校時。",
        )
    return fine(
        "This machine's clock is not behind the newest batch.", "本機時鐘未落後於最新批次。"
    )


_NOT_RUNNING = warning(
    "The database does not run; `countersign run` starts it.",
    "資料庫未執行；請以 `countersign run` 啟動。",
)
_DEAD = fault(
    "The database is dead while `countersign run` lives, which starts it again within seconds; ask"
    " again, and if it stays so see what `countersign run` writes and the log in postgres/log.",
    "`countersign run` 仍在執行，但資料庫已中止；它會在數秒內重新啟動資料庫。"
    "請稍後再查；若仍如此，請查看 `countersign run` 的輸出與 postgres/log 中的日誌。",
)
_SILENT = fault(
    "The database server runs but does not answer; see its log in postgres/log, then start"
    " `countersign run` again.",
    "資料庫伺服器正在執行但沒有回應；"
    "請查看 postgres/log 中的日誌，然後重新執行 `countersign run`。",
)
_UNSAFE = """
    SELECT name::text FROM pg_catalog.pg_settings
    WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')
      AND setting IN ('off', 'local') ORDER BY name
"""
