"""Refusals of a transfer that no rail could carry as it stands, and of what a rail sent us.

Details name fields and elements, never a value: names, accounts and references are restricted.
"""

from countersign.kernel.refusal import Kind, Refusal


class MalformedUetr(Refusal):
    """The order's UETR is not a version 4 UUID in small letters; leave it out or correct it."""

    code = "rails.malformed_uetr"
    kind = Kind.INVALID
    chinese = "訂單的 UETR 不是小寫的第 4 版 UUID；請移除或更正。"


class MalformedSettlementDate(Refusal):
    """The settlement date is not a calendar date such as 2027-03-31; correct it."""

    code = "rails.malformed_settlement_date"
    kind = Kind.INVALID
    chinese = "清算日不是 2027-03-31 這類的曆日；請更正。"


class UnknownChargeBearer(Refusal):
    """The charge bearer is not one of DEBT, CRED, SHAR and SLEV; correct it or leave it out."""

    code = "rails.unknown_charge_bearer"
    kind = Kind.INVALID
    chinese = "費用負擔方不是 DEBT、CRED、SHAR 或 SLEV；請更正或留空。"


class UnknownPriority(Refusal):
    """The instruction priority is neither HIGH nor NORM; correct it or leave it out."""

    code = "rails.unknown_priority"
    kind = Kind.INVALID
    chinese = "指示優先順序不是 HIGH 或 NORM；請更正或留空。"


class TooManyIntermediaries(Refusal):
    """More than {count_max} intermediary agents are named, and a rail carries no more; name fewer."""

    code = "rails.too_many_intermediaries"
    kind = Kind.INVALID
    chinese = "中間行超過匯款管道可承載的 {count_max} 家；請減少後重新下單。"


class BlankCreditorName(Refusal):
    """The creditor's name is blank, and a rail carries no transfer without it; add the name."""

    code = "rails.blank_creditor_name"
    kind = Kind.INVALID
    chinese = "收款方名稱為空白，匯款管道不接受；請填寫名稱。"


class TextTooLong(Refusal):
    """{field} is longer than the {length_max} characters a rail carries; shorten it and order again."""

    code = "rails.text_too_long"
    kind = Kind.INVALID
    chinese = "{field} 超過匯款管道可承載的 {length_max} 個字元；請縮短後重新下單。"


class NotOneTransaction(Refusal):
    """The message holds {count} transactions where one is expected; nothing in it was used."""

    code = "rails.not_one_transaction"
    kind = Kind.INVALID
    chinese = "訊息應只含 1 筆交易，實際為 {count} 筆；其內容未被採用。"


class MissingElement(Refusal):
    """The message lacks {element}; nothing in it was used, ask its sender for a whole one."""

    code = "rails.missing_element"
    kind = Kind.INVALID
    chinese = "訊息缺少 {element}；其內容未被採用，請向發送方索取完整訊息。"


class MalformedElement(Refusal):
    """{element} is repeated or not of its form; nothing in the message was used, tell its sender."""

    code = "rails.malformed_element"
    kind = Kind.INVALID
    chinese = "{element} 重複或格式不符；訊息內容未被採用，請通知發送方。"


class AboutAnotherMessage(Refusal):
    """The message is not about a pacs.008, so it says nothing of a transfer; look at what it is about."""

    code = "rails.about_another_message"
    kind = Kind.INVALID
    chinese = "此訊息並非關於 pacs.008，與轉帳無關；請查看其所指的訊息。"


class ContradictoryStatus(Refusal):
    """The report says one status for the group and another for its transaction; ask the rail again."""

    code = "rails.contradictory_status"
    kind = Kind.CONFLICT
    chinese = "報告中群組狀態與交易狀態不一致；請再次向匯款管道查詢。"


class HeaderMismatch(Refusal):
    """The business header announces another message than {message}; tell its sender."""

    code = "rails.header_mismatch"
    kind = Kind.INVALID
    chinese = "業務標頭宣告的訊息與 {message} 不同；請通知發送方。"


class UnmatchedReturn(Refusal):
    """The return names no transfer that was sent, or no single one; no money was moved, ask the rail whose it is."""

    code = "rails.return_unmatched"
    kind = Kind.NOT_FOUND
    chinese = "此退回未指明任何已送出的轉帳；未移動任何款項，請向匯款管道查詢歸屬。"


class ReturnDiffers(Refusal):
    """The return names a transfer, but another id or the original amount it gives is not that one's; no money was moved, ask the rail."""

    code = "rails.return_differs"
    kind = Kind.CONFLICT
    chinese = "此退回所附的其他識別碼或原金額與所指轉帳不符；未移動任何款項，請向匯款管道查詢。"


class ReturnOfUnsettled(Refusal):
    """The return is of a transfer that the rail did not settle; no money was moved, ask the rail."""

    code = "rails.return_of_unsettled"
    kind = Kind.CONFLICT
    chinese = "此退回所指的轉帳未經匯款管道清算；未移動任何款項，請向匯款管道查詢。"


class ReturnConflicts(Refusal):
    """The transfer came back before, by another return; no money was moved for this one, ask the rail."""

    code = "rails.return_conflicts"
    kind = Kind.CONFLICT
    chinese = "此轉帳先前已由另一筆退回入帳；本筆未移動任何款項，請向匯款管道查詢。"


class DuplicateUetr(Refusal):
    """Another transfer went to the rail under this order's UETR; order it again with one of its own."""

    code = "rails.duplicate_uetr"
    kind = Kind.CONFLICT
    chinese = "另一筆轉帳已以此訂單的 UETR 送往匯款管道；請以新的 UETR 重新下單。"
