"""Refusals about permissions and credentials."""

from countersign.kernel.refusal import Kind, Refusal


class NotPermitted(Refusal):
    """This credential may not do this ({permission}); ask an administrator for the permission."""

    code = "access.not_permitted"
    kind = Kind.FORBIDDEN
    chinese = "此憑證無權執行此操作（{permission}）；請向管理員申請權限。"


class UnknownCredential(Refusal):
    """The credential is unknown, revoked or its token is wrong; check the token or create a new one."""

    code = "access.unknown_credential"
    kind = Kind.FORBIDDEN
    chinese = "憑證不存在、已撤銷或令牌錯誤；請核對令牌或建立新憑證。"


class CredentialNameTaken(Refusal):
    """An active credential already has this name; choose another or revoke the old one first."""

    code = "access.name_taken"
    kind = Kind.CONFLICT
    chinese = "已有同名的有效憑證；請換一個名稱，或先撤銷舊憑證。"
