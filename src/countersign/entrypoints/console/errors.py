"""Refusals of the console."""

from countersign.kernel.refusal import Kind, Refusal


class LinkSpent(Refusal):
    """This link was used already, or its ten minutes are over.

    Make another one with `countersign console link`.
    """

    code = "console.link_spent"
    kind = Kind.FORBIDDEN
    chinese = "此連結已使用過，或已超過十分鐘。請以 `countersign console link` 產生新的連結。"


class FormExpired(Refusal):
    """This form is not of your session, so nothing was done. Open the page again and repeat it."""

    code = "console.form_expired"
    kind = Kind.FORBIDDEN
    chinese = "此表單不屬於您目前的工作階段，因此未執行任何操作。請重新開啟頁面後再試。"


class ReasonMissing(Refusal):
    """Say why, in 1 to 1000 characters: the reason is kept with what you do."""

    code = "console.reason_missing"
    kind = Kind.INVALID
    chinese = "請說明理由（1 至 1000 個字元）：理由會與操作一併保存。"


class UnknownZone(Refusal):
    """This machine knows no time zone {zone}; choose one of its list."""

    code = "console.unknown_zone"
    kind = Kind.INVALID
    chinese = "本機沒有時區 {zone}；請從列表中選擇。"


class WrongDigits(Refusal):
    """These are not the last characters of the account. Nothing was frozen; type them again."""

    code = "console.wrong_digits"
    kind = Kind.INVALID
    chinese = "輸入的末碼與帳戶不符，未凍結任何帳戶；請重新輸入。"
