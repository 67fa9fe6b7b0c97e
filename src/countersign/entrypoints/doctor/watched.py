"""Checks of the watched folder: it can be worked in, somebody does, and every file is answered."""

import os
from pathlib import Path

from countersign.entrypoints.doctor.model import Site, Verdict, fault, fine, warning
from countersign.entrypoints.doctor.processes import gone, lives
from countersign.entrypoints.figures import InboxFigures, read_figures
from countersign.entrypoints.inbox.aside import is_set_aside
from countersign.entrypoints.saved_tokens import tokens_in
from countersign.infra.clock import moment

# By name: the console shows what is found here, so nothing here may need the console.
_INBOX = "countersign.entrypoints.inbox.main"


def inbox(site: Site) -> Verdict | None:
    """The watched folder can be worked in, and somebody does."""
    watched = site.settings.watch_dir if site.settings else None
    if watched is None:
        return None
    if not watched.is_dir():
        return fault(
            f"The watched folder {watched} is not there; make it, or correct"
            " COUNTERSIGN_WATCH_DIR.",
            f"監看資料夾 {watched} 不存在；請建立它，或更正 COUNTERSIGN_WATCH_DIR。",
        )
    senders = [path for path in sorted(watched.iterdir()) if _is_sender(path)]
    return _closed(watched, senders) or _left(site, watched, senders)


def _closed(watched: Path, senders: list[Path]) -> Verdict | None:
    closed = [str(path) for path in (watched, *senders) if not os.access(path, os.R_OK | os.X_OK)]
    closed += [str(path) for path in senders if not os.access(path, os.W_OK)]
    if closed:
        shown = ", ".join(dict.fromkeys(closed))
        return fault(
            f"This user may not read, write and rename in {shown}, so files there are not taken;"
            " give that right to the user that runs Countersign.",
            f"此使用者無權在 {shown} 讀取、寫入與更名，其中的檔案不會被收取；"
            "請給予執行 Countersign 的使用者該權限。",
        )
    return None


def _left(site: Site, watched: Path, senders: list[Path]) -> Verdict:
    if site.runner is not None and not lives(_INBOX, site.runner):
        return gone("inbox", "收件程序")
    tokens = tokens_in(site.data_dir)
    strange = [path.name for path in senders if path.name not in tokens]
    if strange:
        shown = ", ".join(strange)
        return warning(
            f"No token is saved for the senders {shown} of {watched}, so their files wait;"
            " `credential create NAME --save` makes a credential for each.",
            f"{watched} 的寄件者 {shown} 沒有保存令牌，其檔案停留等待；"
            "請以 `credential create NAME --save` 逐一建立憑證。",
        )
    return (
        waiting(site)
        or _set_aside(senders)
        or fine(f"The watched folder {watched} is in order.", f"監看資料夾 {watched} 狀態正常。")
    )


def waiting(site: Site) -> Verdict | None:
    """The file that has waited longest, as its inbox tells it; only while one runs."""
    figures = read_figures(site.data_dir, InboxFigures) if site.runner is not None else None
    if figures is None or not figures.waiting:
        return None
    first = min(figures.waiting, key=lambda each: each.since_ms)
    count, since = len(figures.waiting), moment(first.since_ms)
    file = f"{first.sender}/{first.file}"
    return warning(
        f"Files of the watched folder that wait for an answer: {count}. {file} was tried"
        f" {first.failures} times since {since}: {first.why} It is tried again by itself, at least"
        " once a minute, and set aside if the file itself is to blame.",
        f"監看資料夾有 {count} 個檔案等待回覆。{file} 自 {since} 起已嘗試 {first.failures} 次："
        f"{first.chinese}系統每分鐘至少再試一次；若問題出在檔案本身，將移至 set_aside。",
    )


def _set_aside(senders: list[Path]) -> Verdict | None:
    """What nobody tries any more, until a person looks at it."""
    lying = [
        file
        for sender in senders
        for file in sorted((sender / "set_aside").glob("*"))
        if is_set_aside(file)
    ]
    if not lying:
        return None
    shown = ", ".join(dict.fromkeys(str(each.parent) for each in lying))
    return warning(
        f"Files that could not be answered lie in {shown}: {len(lying)}. The text beside each says"
        " why. Mend that, put the file into its sender's folder again, and remove the text.",
        f"有 {len(lying)} 個檔案無法回覆，現置於 {shown}；各檔案旁的文字檔說明原因。"
        "請排除原因，將檔案重新放入寄件者的資料夾，並刪除該文字檔。",
    )


def _is_sender(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
