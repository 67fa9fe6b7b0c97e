"""Refusals of the API itself."""

from countersign.kernel.refusal import Kind, Refusal


class ApiDidNotStart(Refusal):
    """The API did not start: {why}."""

    code = "api.did_not_start"
    kind = Kind.UNAVAILABLE
    chinese = "API 未能啟動：{why}"


class MalformedBody(Refusal):
    """The body cannot be read as what this path takes: {why}. Correct it and send it again."""

    code = "api.malformed_body"
    kind = Kind.INVALID
    chinese = "無法將請求內容讀作此路徑所需的形式：{why}。請更正後重送。"


class MalformedParameter(Refusal):
    """A parameter of the address cannot be read: {why}. See /openapi.json for those there are."""

    code = "api.malformed_parameter"
    kind = Kind.INVALID
    chinese = "無法讀取位址中的參數：{why}。可用的參數請見 /openapi.json。"


class BodyTooLarge(Refusal):
    """The body has more than {bytes_max} bytes; send less at a time."""

    code = "api.body_too_large"
    kind = Kind.INVALID
    chinese = "請求內容超過 {bytes_max} 位元組；請分次傳送。"


class BodyTooSlow(Refusal):
    """The body did not come within {seconds} seconds; send it again. Nothing was done."""

    code = "api.body_too_slow"
    kind = Kind.UNAVAILABLE
    chinese = "請求內容未在 {seconds} 秒內送達；請重送。未執行任何操作。"


class WrongMediaType(Refusal):
    """This path takes {wanted}; name it as Content-Type."""

    code = "api.wrong_media_type"
    kind = Kind.INVALID
    chinese = "此路徑接受 {wanted}；請在 Content-Type 註明。"


class KeyMissing(Refusal):
    """An order needs the header Idempotency-Key, 1 to 255 visible characters of your own choice.

    With the same key and body an order is sent again safely, whatever happened in between.
    """

    code = "api.key_missing"
    kind = Kind.INVALID
    chinese = (
        "下單須附標頭 Idempotency-Key，由您自選 1 至 255 個可見字元。"
        "以相同的鍵與內容重送，無論其間發生什麼都是安全的。"
    )


class KeyTwice(Refusal):
    """Two transfers of this batch have the same idempotency_key; give each its own."""

    code = "api.key_twice"
    kind = Kind.INVALID
    chinese = "此批次中有兩筆轉帳使用相同的 idempotency_key；請各給不同的鍵。"


class NoToken(Refusal):
    """This path needs the header `Authorization: Bearer TOKEN` with a token of a credential."""

    code = "api.no_token"
    kind = Kind.FORBIDDEN
    chinese = "此路徑須附標頭 `Authorization: Bearer TOKEN`，其中為憑證的令牌。"


class TooManyFailures(Refusal):
    """Too many wrong tokens came from this address; try again in {retry_ms} ms."""

    code = "api.too_many_failures"
    kind = Kind.UNAVAILABLE
    chinese = "此位址送來過多錯誤的令牌；請在 {retry_ms} 毫秒後再試。"


class RateExceeded(Refusal):
    """This credential asks more than it may; send the same request again in {retry_ms} ms."""

    code = "api.rate_exceeded"
    kind = Kind.UNAVAILABLE
    chinese = "此憑證的請求超過上限；請在 {retry_ms} 毫秒後重送同一請求。"


class Busy(Refusal):
    """Too much of this kind is on its way; send the same request again in {retry_ms} ms."""

    code = "api.busy"
    kind = Kind.UNAVAILABLE
    chinese = "此類請求正在處理的過多；請在 {retry_ms} 毫秒後重送同一請求。"


class TooManyStreams(Refusal):
    """This credential follows {streams} streams of events, as many as one may.

    One stream has every event: share it. When one has ended, ask again after {retry_ms} ms.
    """

    code = "api.too_many_streams"
    kind = Kind.UNAVAILABLE
    chinese = (
        "此憑證正在接收 {streams} 條事件串流，已達單一憑證的上限。一條串流即含全部事件，請共用；"
        "待其中一條結束後，於 {retry_ms} 毫秒後再試。"
    )


class NoSuchPath(Refusal):
    """There is nothing at this path; see /openapi.json for what there is."""

    code = "api.no_such_path"
    kind = Kind.NOT_FOUND
    chinese = "此路徑沒有內容；可用的路徑請見 /openapi.json。"


class WrongMethod(Refusal):
    """This path does not take this method; the header Allow names those that it takes."""

    code = "api.wrong_method"
    kind = Kind.INVALID
    chinese = "此路徑不接受這個方法；可用的方法見標頭 Allow。"


class Failed(Refusal):
    """Something failed here that should not have, and is logged; send the same request again.

    An order that was sent with its key is decided once, whatever happened.
    """

    code = "api.failed"
    kind = Kind.UNAVAILABLE
    chinese = "此處發生不應有的故障，已記錄；請重送同一請求。附有鍵的指令無論如何只會裁決一次。"


class UnknownAccountNumber(Refusal):
    """No account here has the number {number}; /v1/accounts lists them."""

    code = "api.unknown_account_number"
    kind = Kind.NOT_FOUND
    chinese = "此處沒有編號 {number} 的帳戶；/v1/accounts 可列出帳戶。"


class UnknownParty(Refusal):
    """No account here is of this party; /v1/parties lists them."""

    code = "api.unknown_party"
    kind = Kind.NOT_FOUND
    chinese = "此處沒有屬於該當事人的帳戶；/v1/parties 可列出當事人。"


class NothingPublished(Refusal):
    """The log has no checkpoint yet; ask again in a few seconds."""

    code = "api.nothing_published"
    kind = Kind.UNAVAILABLE
    chinese = "日誌尚無檢查點；請數秒後再試。"


class UnknownStatus(Refusal):
    """No transfer can be in this status; known are {known}."""

    code = "api.unknown_status"
    kind = Kind.INVALID
    chinese = "轉帳沒有這個狀態；可用的有 {known}。"
