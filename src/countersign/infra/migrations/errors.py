"""Why migrations are not applied."""

from countersign.kernel.refusal import Kind, Refusal


class MigrationChanged(Refusal):
    """Migration {number} ({name}) was changed after this database had applied it.

    Run the version of Countersign that belongs to the database, and put later changes in a new
    migration.
    """

    code = "migrations.changed"
    kind = Kind.CONFLICT
    chinese = (
        "遷移 {number}（{name}）在此資料庫套用之後已被更改；"
        "請執行與資料庫相符的 Countersign 版本，並將後續更改放入新的遷移。"
    )


class DatabaseTooNew(Refusal):
    """The database has migration {number} ({name}), which this version does not know.

    Run the newer version of Countersign that applied it.
    """

    code = "migrations.too_new"
    kind = Kind.CONFLICT
    chinese = (
        "資料庫含有遷移 {number}（{name}），此版本的 Countersign 不認識；"
        "請執行套用該遷移的較新版本。"
    )


class DatabaseTooOld(Refusal):
    """The database lacks migration {number} ({name}); run the migrations before starting."""

    code = "migrations.too_old"
    kind = Kind.CONFLICT
    chinese = "資料庫尚缺遷移 {number}（{name}）；請先執行遷移再啟動。"


class MigrationOutOfOrder(Refusal):
    """Migration {number} ({name}) was added below one that this database already has.

    Give it the next free number.
    """

    code = "migrations.out_of_order"
    kind = Kind.CONFLICT
    chinese = "遷移 {number}（{name}）的編號低於此資料庫已套用的遷移；請改用下一個可用編號。"


class MigrationsBusy(Refusal):
    """Another process is migrating the database, or work on it blocks the migration.

    Let it finish and try again.
    """

    code = "migrations.busy"
    kind = Kind.UNAVAILABLE
    chinese = "另一個程序正在遷移資料庫，或有作業阻擋遷移；請待其完成後再試。"
