"""Refusals of a server that cannot listen, or cannot read what it serves."""

from countersign.kernel.refusal import Kind, Refusal


class PortTaken(Refusal):
    """Port {port} of {host} is taken by another program, so nothing can listen there.

    End that program, or set {setting} to a free port (0 lets the system choose).
    """

    code = "web.port_taken"
    kind = Kind.CONFLICT
    chinese = (
        "{host} 的連接埠 {port} 已被其他程式占用，無法在此監聽。"
        "請結束該程式，或將 {setting} 設為可用的連接埠（0 表示由系統選擇）。"
    )


class PortRefused(Refusal):
    """The system does not let this user listen on {host}, port {port}: {why}.

    Set {setting} to a port above 1023, and the host to an address of this machine.
    """

    code = "web.port_refused"
    kind = Kind.FORBIDDEN
    chinese = (
        "系統不允許此使用者監聽 {host} 的連接埠 {port}：{why}。"
        "請將 {setting} 設為大於 1023 的連接埠，並使用本機的位址。"
    )


class DatabaseAway(Refusal):
    """The database does not answer, so nothing can be shown now; ask again in a few seconds."""

    code = "web.database_away"
    kind = Kind.UNAVAILABLE
    chinese = "資料庫沒有回應，目前無法顯示；請數秒後再試。"
