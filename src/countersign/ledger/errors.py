"""Refusals about money in accounts."""

from countersign.kernel.refusal import Kind, Refusal


class InsufficientFunds(Refusal):
    """The account does not have this amount available; fund it or order a smaller amount."""

    code = "ledger.insufficient_funds"
    kind = Kind.CONFLICT
    chinese = "帳戶可用餘額不足；請先存入資金或減少金額。"


class BalanceOutOfRange(Refusal):
    """The balance would leave the range of 64-bit integers; split the amount."""

    code = "ledger.out_of_range"
    kind = Kind.INVALID
    chinese = "餘額將超出可表示的範圍；請拆分金額。"


class UnknownEntry(Refusal):
    """There is no command {number} yet; check the number that `accounts fund` or `accounts correct` gave."""

    code = "ledger.unknown_entry"
    kind = Kind.NOT_FOUND
    chinese = "尚無編號 {number} 的命令；請核對 `accounts fund` 或 `accounts correct` 所給的編號。"


class NotReversible(Refusal):
    """Command {number} is no funding and no correction that was booked, so there is nothing to reverse; a transfer is returned by the rail, or corrected with `accounts correct`."""

    code = "ledger.not_reversible"
    kind = Kind.CONFLICT
    chinese = "命令 {number} 不是已入帳的存入或更正，無可沖正；轉帳由通道退回，或以 `accounts correct` 更正。"


class AlreadyReversed(Refusal):
    """Command {number} was reversed already, by command {reversal}; nothing more was done."""

    code = "ledger.already_reversed"
    kind = Kind.CONFLICT
    chinese = "命令 {number} 已由命令 {reversal} 沖正；未再執行任何操作。"


class TooOldToReverse(Refusal):
    """Command {number} lies back too far: what was booked is kept for reversal for {days} days, and at most the newest entries; book the opposite with `accounts correct`."""

    code = "ledger.too_old_to_reverse"
    kind = Kind.CONFLICT
    chinese = "命令 {number} 過於久遠：可沖正的入帳只保留 {days} 天，且僅限最新的若干筆；請以 `accounts correct` 反向更正。"
