"""Refusals of sending a city's life to an instance."""

from countersign.kernel.refusal import Kind, Refusal


class NoToken(Refusal):
    """There is no token; put a machine credential's into COUNTERSIGN_TOKEN, see `credential create`."""

    code = "simulate.no_token"
    kind = Kind.INVALID
    chinese = "沒有權杖；請把機器憑證的權杖放入 COUNTERSIGN_TOKEN，參閱 `credential create`。"


class MalformedUrl(Refusal):
    """{url} is not the address of an instance; write it like http://127.0.0.1:8440."""

    code = "simulate.malformed_url"
    kind = Kind.INVALID
    chinese = "{url} 不是執行個體的位址；請寫成 http://127.0.0.1:8440 的形式。"


class Unreachable(Refusal):
    """Nothing answers at {url}: {why}. See whether it runs, then start again."""

    code = "simulate.unreachable"
    kind = Kind.UNAVAILABLE
    chinese = "{url} 沒有回應：{why}。請檢查是否正在執行，然後重新開始。"


class RefusedThere(Refusal):
    """The instance refused {what} with {status} {refusal}; see what its credential may do."""

    code = "simulate.refused_there"
    kind = Kind.FORBIDDEN
    chinese = "執行個體以 {status} {refusal} 拒絕了{what}；請檢查其憑證的權限。"
