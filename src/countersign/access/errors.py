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


class CredentialExpired(Refusal):
    """This credential's time is over; ask an administrator for a new one."""

    code = "access.credential_expired"
    kind = Kind.FORBIDDEN
    chinese = "此憑證已過期；請向管理員申請新的憑證。"


class WrongAddress(Refusal):
    """This credential may not be used from this network address; use it from where it was given for."""

    code = "access.wrong_address"
    kind = Kind.FORBIDDEN
    chinese = "此憑證不得從這個網路位址使用；請從指定的位址使用。"


class NotGrantable(Refusal):
    """No credential is given the permission {permission}, which is for this installation's own parts; leave it out."""

    code = "access.not_grantable"
    kind = Kind.FORBIDDEN
    chinese = "權限 {permission} 僅供本系統自身使用，不可授予任何憑證；請將其移除。"


class CredentialNameTaken(Refusal):
    """An active credential already has this name; choose another or revoke the old one first."""

    code = "access.name_taken"
    kind = Kind.CONFLICT
    chinese = "已有同名的有效憑證；請換一個名稱，或先撤銷舊憑證。"
