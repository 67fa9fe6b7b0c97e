"""Refusals of the gate itself. Those that refuse to load name what was found wrong."""

from countersign.kernel.refusal import Kind, Refusal


class GateFault(Refusal):
    """The gate could not decide this command because of a fault of its own; it was not carried out and operators are alarmed."""

    code = "gate.fault"
    kind = Kind.UNAVAILABLE
    chinese = "閘口因自身故障無法裁決此命令；命令未執行，已向運維人員告警。"


class Overloaded(Refusal):
    """The gate has too much waiting; send the same request again in {retry_ms} ms."""

    code = "gate.overloaded"
    kind = Kind.UNAVAILABLE
    chinese = "閘口待處理的請求過多；請在 {retry_ms} 毫秒後重送同一請求。"


class KeyReused(Refusal):
    """This request key was used for another content; use a new key for a new request."""

    code = "gate.key_reused"
    kind = Kind.CONFLICT
    chinese = "此請求鍵已用於其他內容；新請求請使用新的鍵。"


class Fenced(Refusal):
    """Another gate has taken over ({why}); this one stops and must not be started beside it."""

    code = "gate.fenced"
    kind = Kind.CONFLICT
    chinese = "另一個閘口已接管（{why}）；本閘口停止，不可與其並行啟動。"


class Tampered(Refusal):
    """What is stored does not agree with what this gate signed: {what}. Do not serve from it; restore, or examine with `audit verify`."""

    code = "gate.tampered"
    kind = Kind.CONFLICT
    chinese = (
        "儲存內容與閘口簽署的記錄不符：{what}。請勿以此服務；請還原，或用 `audit verify` 檢查。"
    )


class NoHeadFile(Refusal):
    """The head file is missing or damaged, so a cut journal could not be noticed. Put the file `head` back from a copy of this same data folder, the newest there is, or restore a backup into a new folder with `countersign restore --from FILE --data NEW`."""

    code = "gate.no_head_file"
    kind = Kind.CONFLICT
    chinese = (
        "缺少或損壞 `head` 檔，無法察覺被截斷的日誌。"
        "請從此資料夾最新的複本放回檔案 `head`，"
        "或以 `countersign restore --from FILE --data NEW` 將備份還原至新資料夾。"
    )


class NotReady(Refusal):
    """The gate is starting or stopping; send the same request again in a moment."""

    code = "gate.not_ready"
    kind = Kind.UNAVAILABLE
    chinese = "閘口正在啟動或停止；請稍後重送同一請求。"


class MalformedRequest(Refusal):
    """The request cannot be read: {why}. Correct it and send it again."""

    code = "gate.malformed_request"
    kind = Kind.INVALID
    chinese = "無法讀取此請求：{why}。請更正後重送。"


class NoPolicy(Refusal):
    """No policy is in force, so nothing can be decided; set one first."""

    code = "gate.no_policy"
    kind = Kind.CONFLICT
    chinese = "尚無生效的策略，無法裁決；請先設定策略。"


class UnsafeServer(Refusal):
    """The database server has {setting} off, so a commit would not be durable; switch it on and start again."""

    code = "gate.unsafe_server"
    kind = Kind.CONFLICT
    chinese = "資料庫伺服器關閉了 {setting}，提交將無法持久；請開啟後重新啟動。"
