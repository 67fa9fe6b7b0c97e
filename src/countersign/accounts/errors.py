"""Refusals about accounts."""

from countersign.kernel.refusal import Kind, Refusal


class UnknownAccount(Refusal):
    """There is no such account here; check the account number or open the account first."""

    code = "accounts.unknown"
    kind = Kind.NOT_FOUND
    chinese = "此處沒有該帳戶；請核對帳號，或先開立帳戶。"


class AccountExists(Refusal):
    """An account with this identification is open already, as number {number}."""

    code = "accounts.exists"
    kind = Kind.CONFLICT
    chinese = "此帳號已開立，編號為 {number}。"


class SettlementAccountExists(Refusal):
    """This currency has its settlement account already, number {number}; there is one a currency."""

    code = "accounts.settlement_exists"
    kind = Kind.CONFLICT
    chinese = "此幣種已有結算帳戶，編號為 {number}；每種幣種僅設一個。"


class NotPayable(Refusal):
    """This is one of the house's own accounts; a transfer cannot pay it. Check the account number."""

    code = "accounts.not_payable"
    kind = Kind.INVALID
    chinese = "此為本機構內部帳戶，不得作為收款帳戶；請核對帳號。"


class NotFrozen(Refusal):
    """This account is not frozen, so there is nothing to unfreeze."""

    code = "accounts.not_frozen"
    kind = Kind.CONFLICT
    chinese = "此帳戶並未凍結，無需解凍。"


class AlreadyFrozen(Refusal):
    """This account is frozen already; nothing more was done."""

    code = "accounts.already_frozen"
    kind = Kind.CONFLICT
    chinese = "此帳戶已處於凍結狀態，未再執行任何操作。"


class CurrencyOfAccount(Refusal):
    """The account is held in another currency; use an account in the currency of the amount."""

    code = "accounts.other_currency"
    kind = Kind.INVALID
    chinese = "帳戶幣種與金額幣種不同；請使用同幣種的帳戶。"


class NoSettlementAccount(Refusal):
    """No settlement account is open in this currency; an operator has to open one first."""

    code = "accounts.no_settlement_account"
    kind = Kind.CONFLICT
    chinese = "此幣種尚未開立結算帳戶；請先由操作員開立。"


class UnknownAccountKind(Refusal):
    """An account is of kind customer, external, settlement or reserve; choose one of these."""

    code = "accounts.unknown_kind"
    kind = Kind.INVALID
    chinese = "帳戶類別須為客戶、外部、結算或準備金之一；請選擇其中一種。"
