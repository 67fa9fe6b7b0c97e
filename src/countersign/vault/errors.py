"""What the vault refuses. No detail ever holds restricted text, a key or a passphrase."""

from countersign.kernel.refusal import Kind, Refusal


class CannotOpen(Refusal):
    """The vault cannot open this: {what}.

    It was changed or moved, or belongs to another key, passphrase or instance; check that the
    right key file or passphrase is in use, else restore a backup.
    """

    code = "vault.cannot_open"
    kind = Kind.INVALID
    chinese = (
        "無法開啟：{what}。內容可能已被更動或移動，或屬於其他金鑰、通行片語或執行個體；"
        "請確認使用正確的金鑰檔或通行片語，否則請還原備份。"
    )


class EpochCurrent(Refusal):
    """Epoch {epoch} wraps new data keys, so it cannot be retired; rotate to a new epoch first."""

    code = "vault.epoch_current"
    kind = Kind.CONFLICT
    chinese = "第 {epoch} 期金鑰仍用於包裝新的資料金鑰，無法停用；請先輪替至新的一期。"


class KeyFileExists(Refusal):
    """The key file {path} exists already and is never overwritten; choose another path."""

    code = "vault.key_file_exists"
    kind = Kind.CONFLICT
    chinese = "金鑰檔 {path} 已存在，且絕不覆寫；請選擇其他路徑。"


class KeyFileExposed(Refusal):
    """Others than the user that starts Countersign can read the secret file {path}.

    Give it to that user with mode 0600, and replace the secret if anyone may have copied it.
    """

    code = "vault.key_file_exposed"
    kind = Kind.FORBIDDEN
    chinese = (
        "他人可以讀取機密檔 {path}；請將擁有者設為啟動 Countersign 的使用者並將權限設為 0600，"
        "若可能已遭複製，請更換該機密。"
    )


class KeyFileMissing(Refusal):
    """There is no secret file {path}.

    Put it back from its copy, or name the right one: in COUNTERSIGN_KEY_FILE or
    COUNTERSIGN_PASSPHRASE_FILE, for `restore` with --key-file.
    """

    code = "vault.key_file_missing"
    kind = Kind.NOT_FOUND
    chinese = (
        "沒有機密檔 {path}。請從複本放回，或指定正確的檔案："
        "以 COUNTERSIGN_KEY_FILE 或 COUNTERSIGN_PASSPHRASE_FILE，`restore` 則以 --key-file。"
    )


class KeyFileNotMade(Refusal):
    """The key file {path} cannot be made: {why}.

    Name a data folder with --data beside which this user may write, or make a key elsewhere and
    name it in COUNTERSIGN_KEY_FILE.
    """

    code = "vault.key_file_not_made"
    kind = Kind.UNAVAILABLE
    chinese = (
        "無法建立金鑰檔 {path}：{why}。請以 --data 指定此使用者可在其旁寫入的資料夾，"
        "或在他處建立金鑰並以 COUNTERSIGN_KEY_FILE 指定。"
    )


class KeyFileOfAnother(Refusal):
    """The secret file {path} belongs to user {uid}, who may exchange it; run this as that user.

    If it is meant for the user that asks, give it to that user.
    """

    code = "vault.key_file_of_another"
    kind = Kind.FORBIDDEN
    chinese = (
        "機密檔 {path} 屬於使用者 {uid}，該使用者能將其調換；請以該使用者身分執行。"
        "若該檔應屬於目前的使用者，請變更其擁有者。"
    )


class KeyFileUnreadable(Refusal):
    """The secret file {path} cannot be read: {why}.

    Run this as the user that runs Countersign, or correct the permissions of its folder.
    """

    code = "vault.key_file_unreadable"
    kind = Kind.FORBIDDEN
    chinese = "無法讀取機密檔 {path}：{why}。請以執行 Countersign 的使用者身分執行，或更正其資料夾的權限。"


class KeyFileUnusable(Refusal):
    """{path} is neither a key of 32 bytes nor a passphrase: it was changed, or it is another file.

    Put it back from its copy, or name the right one: in COUNTERSIGN_KEY_FILE or
    COUNTERSIGN_PASSPHRASE_FILE, for `restore` with --key-file.
    """

    code = "vault.key_file_unusable"
    kind = Kind.UNAVAILABLE
    chinese = (
        "{path} 既非 32 位元組的金鑰，亦非通行片語：已遭更動，或是其他檔案。"
        "請從複本放回，或指定正確的檔案："
        "以 COUNTERSIGN_KEY_FILE 或 COUNTERSIGN_PASSPHRASE_FILE，`restore` 則以 --key-file。"
    )


class KeyInsideData(Refusal):
    """The secret file {path} lies in the data folder: one copied folder would hold lock and key.

    Move it to a place that backups of the data do not include.
    """

    code = "vault.key_inside_data"
    kind = Kind.FORBIDDEN
    chinese = (
        "機密檔 {path} 位於資料夾內，複製一個資料夾便同時取得鎖與鑰匙；請移至資料備份以外之處。"
    )


class KeysetExists(Refusal):
    """The keyset {path} exists already; a new one would make all sealed data unreadable.

    If that is really meant, move the old one away by hand first.
    """

    code = "vault.keyset_exists"
    kind = Kind.CONFLICT
    chinese = (
        "金鑰組 {path} 已存在；建立新的會使所有封存資料無法讀取，若確要如此，請先手動移走舊檔。"
    )


class KeyVersionGone(Refusal):
    """Version {version} of the {purpose} key is not in this keyset; load the newest keyset."""

    code = "vault.key_version_gone"
    kind = Kind.UNAVAILABLE
    chinese = "此金鑰組沒有第 {version} 版的 {purpose} 金鑰；請載入最新的金鑰組。"


class NoKeyset(Refusal):
    """There is no keyset at {path}; set up this instance first, or restore the file."""

    code = "vault.no_keyset"
    kind = Kind.NOT_FOUND
    chinese = "{path} 沒有金鑰組；請先設定此執行個體，或從備份還原該檔案。"


class NoSigningKey(Refusal):
    """The keyset has no signing key named {name}; ask for one of the keys it was made with."""

    code = "vault.no_signing_key"
    kind = Kind.NOT_FOUND
    chinese = "金鑰組沒有名為 {name} 的簽章金鑰；請使用建立時所含的金鑰。"


class SubjectErased(Refusal):
    """The data of subject {subject} was erased and its key destroyed.

    Register the person anew under a new id if they are to be served again.
    """

    code = "vault.subject_erased"
    kind = Kind.NOT_FOUND
    chinese = "主體 {subject} 的資料已刪除且金鑰已銷毀；若須再為其服務，請以新的識別碼重新登記。"


class UnclassifiedField(Refusal):
    """The field {field} has no data class, so nobody knows how to protect it.

    Add it to the list in vault.classes before storing or showing it.
    """

    code = "vault.unclassified_field"
    kind = Kind.INVALID
    chinese = (
        "欄位 {field} 沒有資料分級，無從得知如何保護；請先加入 vault.classes 的清單再儲存或顯示。"
    )


class UnknownFile(Refusal):
    """There is no received file with the id {file}; check the id."""

    code = "vault.unknown_file"
    kind = Kind.NOT_FOUND
    chinese = "沒有識別碼為 {file} 的收件檔案；請檢查識別碼。"


class UnknownSubject(Refusal):
    """Subject {subject} has no data key, so nothing was ever sealed for it; check the id."""

    code = "vault.unknown_subject"
    kind = Kind.NOT_FOUND
    chinese = "主體 {subject} 沒有資料金鑰，從未為其封存任何資料；請檢查識別碼。"


class UnknownToken(Refusal):
    """The token stands for nothing here; use it exactly as it was given to you."""

    code = "vault.unknown_token"
    kind = Kind.NOT_FOUND
    chinese = "此代碼在此不代表任何內容；請原樣使用您收到的代碼。"


class WeakPassphrase(Refusal):
    """The passphrase is shorter than {length_min} characters; choose several unrelated words."""

    code = "vault.weak_passphrase"
    kind = Kind.INVALID
    chinese = "通行片語少於 {length_min} 個字元；請選用數個互不相關的詞。"
