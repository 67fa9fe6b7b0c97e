"""Refusals of the watched folder: why files are not taken, or not taken any more."""

from countersign.kernel.refusal import Kind, Refusal


class FolderOutOfReach(Refusal):
    """The folder {folder} cannot be used: {why}; its files stay where they are.

    Give the user that runs Countersign the right to read, write and rename there.
    """

    code = "inbox.folder_out_of_reach"
    kind = Kind.UNAVAILABLE
    chinese = (
        "無法使用資料夾 {folder}：{why}；其中的檔案維持原狀。"
        "請給予執行 Countersign 的使用者在該處讀取、寫入與更名的權限。"
    )


class NoCredentialForFolder(Refusal):
    """No token is saved for the folder {folder}; its files stay where they are.

    `credential create {folder} --save` makes a credential of that name and saves its token.
    """

    code = "inbox.no_credential"
    kind = Kind.FORBIDDEN
    chinese = (
        "沒有為資料夾 {folder} 保存令牌；其中的檔案維持原狀。"
        "`credential create {folder} --save` 會建立該名稱的憑證並保存令牌。"
    )


class NotTakenNow(Refusal):
    """No files of {folder} are taken now: {why}; they stay where they are."""

    code = "inbox.not_taken_now"
    kind = Kind.UNAVAILABLE
    chinese = "目前不收取 {folder} 的檔案：{why}；檔案維持原狀。"


class FileRefusedByGate(Refusal):
    """The gate does not take what {file} asks for: {why}; it may hold what no order can say."""

    code = "inbox.file_refused_by_gate"
    kind = Kind.INVALID
    chinese = "閘口不接受 {file} 所要求的內容：{why}；其中可能有指令無法表達的內容。"


class FileNotKept(Refusal):
    """The database cannot keep {file}; look at its name and content."""

    code = "inbox.file_not_kept"
    kind = Kind.INVALID
    chinese = "資料庫無法保存 {file}；請檢視其名稱與內容。"


class BrokenOff(Refusal):
    """The process that received {file} ended in the middle of it; what it wrote last says why."""

    code = "inbox.broken_off"
    kind = Kind.UNAVAILABLE
    chinese = "接收 {file} 的程序中途結束；原因見其最後的輸出。"


class FileSetAside(Refusal):
    """{file} was received {times} times from {since} on without an answer, and lies in {folder} now.

    The last time: {why} Mend that and put the file into {inbox} again: whatever of it was decided
    is not decided twice, and its answer tells all of it. Nothing else tries it again.
    """

    code = "inbox.file_set_aside"
    kind = Kind.CONFLICT
    chinese = (
        "{file} 自 {since} 起已接收 {times} 次而無法回覆，現置於 {folder}。最後一次：{why}"
        "請排除原因後將檔案重新放入 {inbox}：已裁決者不會重複裁決，回覆將包含全部結果。"
        "系統不會再自行嘗試。"
    )
