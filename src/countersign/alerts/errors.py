"""Refusals about alerts."""

from countersign.kernel.refusal import Kind, Refusal


class UnknownAlert(Refusal):
    """There is no open alert with this number; check the number with `alerts list`."""

    code = "alerts.unknown"
    kind = Kind.NOT_FOUND
    chinese = "沒有此編號的未結警報；請用 `alerts list` 核對編號。"


class AlreadyAcknowledged(Refusal):
    """Somebody has acknowledged this alert already; see it with `alerts list` before you act."""

    code = "alerts.already_acknowledged"
    kind = Kind.CONFLICT
    chinese = "此警報已有人確認；操作前請先以 `alerts list` 查看。"


class UnknownDisposition(Refusal):
    """An alert ends as {dispositions}; close it with one of these."""

    code = "alerts.unknown_disposition"
    kind = Kind.INVALID
    chinese = "警報只能以 {dispositions} 之一結案；請擇一。"
