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
