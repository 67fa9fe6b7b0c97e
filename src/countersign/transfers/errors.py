"""Refusals about transfers."""

from countersign.kernel.refusal import Kind, Refusal


class IllegalMove(Refusal):
    """The transfer is {current} and cannot become {target}; look at it again before you act."""

    code = "transfers.illegal_move"
    kind = Kind.CONFLICT
    chinese = "此轉帳目前為 {current}，不能變為 {target}；請重新查看後再操作。"


class UnknownTransfer(Refusal):
    """There is no open transfer with this number; check the number with `transfers list`."""

    code = "transfers.unknown"
    kind = Kind.NOT_FOUND
    chinese = "沒有此編號的未結轉帳；請用 `transfers list` 核對編號。"


class OtherHold(Refusal):
    """Transfer {number} is held by command {hold} by now, for other reasons; look at it again."""

    code = "transfers.other_hold"
    kind = Kind.CONFLICT
    chinese = "轉帳 {number} 目前因命令 {hold} 而暫停，原因已不同；請重新查看。"


class NotDue(Refusal):
    """The transfer is ordered for a later day and cannot be dispatched yet."""

    code = "transfers.not_due"
    kind = Kind.CONFLICT
    chinese = "此轉帳的執行日期未到，尚不能發出。"


class SameAccount(Refusal):
    """Debtor and creditor are the same account; check the creditor's account number."""

    code = "transfers.same_account"
    kind = Kind.INVALID
    chinese = "付款與收款為同一帳戶；請核對收款帳號。"


class DateOutOfRange(Refusal):
    """The requested execution date is too far back or ahead; order it with a nearer date."""

    code = "transfers.date_out_of_range"
    kind = Kind.INVALID
    chinese = "要求的執行日期過早或過遠；請以較近的日期重新下單。"


class DigestDiffers(Refusal):
    """The answer is for another order than the one dispatched; nothing was changed."""

    code = "transfers.digest_differs"
    kind = Kind.CONFLICT
    chinese = "回覆所指的訂單與已發出的訂單不同；未作任何變更。"


class UnknownVerdict(Refusal):
    """A rail status is settled or rejected; nothing was changed."""

    code = "transfers.unknown_verdict"
    kind = Kind.INVALID
    chinese = "通道狀態只能是 settled 或 rejected；未作任何變更。"


class ReturnTooLarge(Refusal):
    """More was sent back than the transfer moved, or nothing at all; no money was moved, ask the bank that returned it."""

    code = "transfers.return_too_large"
    kind = Kind.CONFLICT
    chinese = "退回金額大於原轉帳金額或為零；未移動任何款項，請詢問退回的銀行。"


class ReturnedLess(Refusal):
    """Less came back than the transfer moved, so somebody kept a part; see the return, and ask for the rest if it is owed."""

    code = "transfers.returned_less"
    kind = Kind.CONFLICT
    chinese = "退回金額小於原轉帳金額，差額已被扣留；請查看該筆退回，並視情況追討差額。"


class ReturnedToFrozen(Refusal):
    """The money came back to an account that is frozen: it is credited and stays frozen; report it where you must."""

    code = "transfers.returned_to_frozen"
    kind = Kind.CONFLICT
    chinese = "款項退回至已凍結帳戶：已入帳並維持凍結；請依規定通報。"


class TextLength(Refusal):
    """The field {field} is empty or longer than {length_max} characters; leave it out or shorten it."""

    code = "transfers.text_length"
    kind = Kind.INVALID
    chinese = "欄位 {field} 為空或超過 {length_max} 個字元；請省略或縮短。"


class ControlCharacter(Refusal):
    """The field {field} holds characters that cannot be seen; send it again as plain text."""

    code = "transfers.control_character"
    kind = Kind.INVALID
    chinese = "欄位 {field} 含有不可見字元；請以純文字重新送出。"


class MalformedUetr(Refusal):
    """The field {field} is not a version 4 UUID in small letters; leave it out or correct it."""

    code = "transfers.malformed_uetr"
    kind = Kind.INVALID
    chinese = "欄位 {field} 不是小寫的第 4 版 UUID；請省略或更正。"


class UnknownCode(Refusal):
    """The field {field} is not one of {known}; leave it out or correct it."""

    code = "transfers.unknown_code"
    kind = Kind.INVALID
    chinese = "欄位 {field} 不是 {known} 之一；請省略或更正。"


class TooManyAgents(Refusal):
    """The field {field} names more than {count_max} banks, and no rail carries more; name fewer."""

    code = "transfers.too_many_agents"
    kind = Kind.INVALID
    chinese = "欄位 {field} 所列銀行超過 {count_max} 家，匯款管道無法承載；請減少。"


class MalformedDate(Refusal):
    """The field {field} is not a date such as 2027-03-31; correct it and send the order again."""

    code = "transfers.malformed_date"
    kind = Kind.INVALID
    chinese = "欄位 {field} 不是如 2027-03-31 的日期；請更正後重送。"
