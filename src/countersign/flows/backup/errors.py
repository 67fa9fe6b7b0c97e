"""Why a backup is not made, not read or not put in place."""

from countersign.kernel.refusal import Kind, Refusal


class FileExists(Refusal):
    """{file} exists already, and a backup never replaces one; choose another name."""

    code = "backup.file_exists"
    kind = Kind.CONFLICT
    chinese = "{file} 已存在，備份絕不取代既有檔案；請改用其他名稱。"


class CannotWrite(Refusal):
    """The backup cannot be written to {file}: {why}. Nothing of it was kept; choose another place or make room, then start it again."""

    code = "backup.cannot_write"
    kind = Kind.UNAVAILABLE
    chinese = "無法將備份寫入 {file}：{why}。未留下任何內容；請改選位置或清出空間後重新備份。"


class NoSuchFolder(Refusal):
    """There is no folder {folder}. Make it with `mkdir -p {folder}`, or connect the disk that it lies on, then start the backup again."""

    code = "backup.no_such_folder"
    kind = Kind.NOT_FOUND
    chinese = (
        "沒有資料夾 {folder}。請以 `mkdir -p {folder}` 建立，或接上其所在的磁碟，然後重新備份。"
    )


class InsideData(Refusal):
    """{file} lies in the data folder {folder}, and whoever loses the one loses the other; name a place outside, best on another machine."""

    code = "backup.inside_data"
    kind = Kind.INVALID
    chinese = "{file} 位於資料夾 {folder} 內，遺失其一即同時失去兩者；請指定其外的位置，最好在另一台機器上。"


class NotCopied(Refusal):
    """The database could not be copied to its end ({why}). Nothing of the backup was kept; see that the database runs and what its log says, then start the backup again."""

    code = "backup.not_copied"
    kind = Kind.UNAVAILABLE
    chinese = "資料庫未能完整複製（{why}）。備份未留下任何內容；請確認資料庫正在執行並查看其日誌，然後重新備份。"


class NotFilled(Refusal):
    """The database could not be filled to its end ({why}). Nothing of the restore was kept; make room or see what the database server's log says, then start it again."""

    code = "backup.not_filled"
    kind = Kind.UNAVAILABLE
    chinese = "資料庫未能完整載入（{why}）。還原未留下任何內容；請清出空間或查看資料庫伺服器的日誌，然後重新還原。"


class CannotRead(Refusal):
    """The backup {file} cannot be read: {why}; check its name and permissions."""

    code = "backup.cannot_read"
    kind = Kind.NOT_FOUND
    chinese = "無法讀取備份 {file}：{why}；請檢查名稱與權限。"


class NotABackup(Refusal):
    """{file} is not a backup of Countersign, or its beginning is damaged; use another file or another copy of it."""

    code = "backup.not_a_backup"
    kind = Kind.INVALID
    chinese = (
        "{file} 不是 Countersign 的備份，或其開頭已損壞；請改用其他檔案或同一備份的另一份複本。"
    )


class NewerVersion(Refusal):
    """A newer version of Countersign made the backup {file}; restore it with that version."""

    code = "backup.newer_version"
    kind = Kind.CONFLICT
    chinese = "備份 {file} 由較新版本的 Countersign 製作；請以該版本還原。"


class WrongKey(Refusal):
    """{key} is not the key of the backup {file}. Name the key file or passphrase file that the backed-up installation had; if it is that one, the beginning of the backup is damaged: use another copy."""

    code = "backup.wrong_key"
    kind = Kind.FORBIDDEN
    chinese = (
        "{key} 不是備份 {file} 的金鑰。請指定被備份之安裝所用的金鑰檔或通行片語檔；"
        "若確為該檔，則備份開頭已損壞，請改用另一份複本。"
    )


class Damaged(Refusal):
    """The backup {file} was changed or damaged at piece {piece}. Nothing of it was put in place; use another copy or another backup."""

    code = "backup.damaged"
    kind = Kind.INVALID
    chinese = (
        "備份 {file} 在第 {piece} 段遭更動或損壞。未套用任何內容；請改用另一份複本或其他備份。"
    )


class CutOff(Refusal):
    """The backup {file} ends after piece {piece}, before its end. Nothing of it was put in place; copy it again or use another backup."""

    code = "backup.cut_off"
    kind = Kind.INVALID
    chinese = "備份 {file} 在第 {piece} 段之後即中斷，並不完整。未套用任何內容；請重新複製或改用其他備份。"


class DoesNotFit(Refusal):
    """The backup does not fit the tables that this version makes: {what}. Restore it with the version of Countersign that made it."""

    code = "backup.does_not_fit"
    kind = Kind.CONFLICT
    chinese = "備份與此版本建立的資料表不符：{what}。請以製作該備份的 Countersign 版本還原。"


class NothingThere(Refusal):
    """There is nothing to back up in {folder}: its database was never started. Start it once with `countersign run --data {folder}`."""

    code = "backup.nothing_there"
    kind = Kind.NOT_FOUND
    chinese = (
        "{folder} 中沒有可備份的內容：其資料庫從未啟動。"
        "請先以 `countersign run --data {folder}` 啟動一次。"
    )


class FolderNotEmpty(Refusal):
    """{folder} is not empty, and a restore never touches an installation that is there; name a new folder with --data."""

    code = "backup.folder_not_empty"
    kind = Kind.CONFLICT
    chinese = "{folder} 並非空資料夾，而還原絕不更動既有安裝；請以 --data 指定新的資料夾。"


class NotAFolder(Refusal):
    """{folder} cannot become a data folder: {why}. Name a new folder with --data."""

    code = "backup.not_a_folder"
    kind = Kind.CONFLICT
    chinese = "{folder} 不能作為資料夾：{why}。請以 --data 指定新的資料夾。"


class RestoreBusy(Refusal):
    """Another restore is at work in {folder}; wait for its end, or name another folder with --data."""

    code = "backup.restore_busy"
    kind = Kind.CONFLICT
    chinese = "另一個還原正在 {folder} 中進行；請待其結束，或以 --data 指定其他資料夾。"


class RolesExist(Refusal):
    """The database server has the role {role} of an installation already. Restore to a server without one; or, if that installation is gone for good, have the server's administrator drop its database and the four countersign roles; or give the roles' passwords with --roles-file."""

    code = "backup.roles_exist"
    kind = Kind.CONFLICT
    chinese = (
        "資料庫伺服器上已有某安裝的角色 {role}。請還原至沒有安裝的伺服器；"
        "若該安裝確已不再使用，請伺服器管理員刪除其資料庫與四個 countersign 角色；"
        "或以 --roles-file 提供各角色的密碼。"
    )


class DatabaseNotEmpty(Refusal):
    """The database {name} on the server is not empty, and a restore never replaces what is there. It may be the living one, with orders that the backup does not have. Restore to another server, or have it renamed first."""

    code = "backup.database_not_empty"
    kind = Kind.CONFLICT
    chinese = (
        "伺服器上的資料庫 {name} 不是空的，而還原絕不取代既有內容；"
        "它可能正是使用中的資料庫，含有備份沒有的指令。請還原至其他伺服器，或先將其更名。"
    )
