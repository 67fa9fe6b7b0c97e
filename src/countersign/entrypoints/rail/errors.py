"""Refusals of the simulated rail to start."""

from countersign.kernel.refusal import Kind, Refusal


class RailDidNotStart(Refusal):
    """The simulated rail did not start: {why}."""

    code = "rail.did_not_start"
    kind = Kind.UNAVAILABLE
    chinese = "模擬匯款管道未能啟動：{why}"


class RailStoreInUse(Refusal):
    """Another simulated rail uses this store; stop it first, or give this one its own file."""

    code = "rail.store_in_use"
    kind = Kind.CONFLICT
    chinese = "另一個模擬匯款管道正在使用此儲存檔；請先停止它，或另用檔案。"


class RailStoreUnusable(Refusal):
    """The simulated rail's store cannot be read or written; check the file and its folder."""

    code = "rail.store_unusable"
    kind = Kind.UNAVAILABLE
    chinese = "模擬匯款管道的儲存檔無法讀寫；請檢查檔案與資料夾。"
