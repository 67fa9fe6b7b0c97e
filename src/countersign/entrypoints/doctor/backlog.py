"""Checks of what should be moving: transfers to the rail, its answers, the log's checkpoints."""

from countersign.entrypoints.doctor.model import Site, Verdict, fault, fine, warning
from countersign.entrypoints.doctor.processes import listens
from countersign.gate.journal import scanning
from countersign.infra.clock import SystemClock

_LATE_MS = 60_000
_QUESTIONS_MANY = 5


def outbox(site: Site) -> Verdict | None:
    """What was released goes on to the rail."""
    if site.runner is None or site.backlog is None:
        return None
    since_ms = site.backlog.outbox_since_ms
    late_ms = 0 if since_ms is None else SystemClock().now_ms() - since_ms
    if late_ms > _LATE_MS:
        count, seconds = site.backlog.outbox_due, late_ms // 1000
        return fault(
            f"{count} released transfers wait for the worker, the oldest for {seconds} seconds; see"
            " what `countersign run` writes of the worker, and stop and start it if that stays so.",
            f"{count} 筆已放行的轉帳等待工作程序處理，最久的已等待 {seconds} 秒；"
            "請查看 `countersign run` 關於工作程序的輸出，若持續如此請停止後重新啟動。",
        )
    return fine("Nothing waits for the worker.", "沒有轉帳在等待工作程序。")


def rail_answers(site: Site) -> Verdict | None:
    """The rail answers what it was sent."""
    if site.runner is None or site.backlog is None:
        return None
    if site.backlog.asked_max >= _QUESTIONS_MANY:
        count, asked = site.backlog.sent, site.backlog.asked_max
        return warning(
            f"{count} transfers were sent without an answer, and the rail was asked {asked} times"
            " about one of them; ask whoever runs the rail. Nothing is sent twice unasked.",
            f"{count} 筆轉帳已送出但未獲回應，其中一筆已向清算系統詢問 {asked} 次；"
            "請洽清算系統營運者。未經詢問絕不重複送出。",
        )
    return fine("The rail answers what it was sent.", "清算系統對送出的轉帳均有回應。")


def checkpoint(site: Site) -> Verdict | None:
    """The log is published: a signed checkpoint covers what was decided a minute ago."""
    is_served = site.installation is not None and listens(site.installation.sockets)
    if not is_served or site.reader is None or site.backlog is None:
        return None
    newest = scanning.newest_header(site.reader)
    if newest is None:
        return None
    missing = newest.first_number + newest.leaves - (site.backlog.checkpoint_size or 0)
    if missing > 0 and SystemClock().now_ms() - newest.batch_ms > _LATE_MS:
        return fault(
            f"No checkpoint covers the newest {missing} commands, though the gate runs: nobody"
            " outside could prove them. See gate.checkpoint_not_published in what `countersign"
            " run` writes.",
            f"閘口正在執行，但最新 {missing} 個命令沒有檢查點涵蓋，外部無從證明。"
            "請查看 `countersign run` 輸出中的 gate.checkpoint_not_published。",
        )
    return fine("The log's checkpoints are up to date.", "日誌的檢查點為最新。")
