"""What the help, the command palette and its acts say: English, and its Chinese."""
# ruff: noqa: E501  # A sentence is one line.

KEYED = {
    "Acknowledge this alert": "認領此預警",
    "Cancel this transfer": "撤銷此轉帳",
    "Close this alert": "將此預警結案",
    "Commands": "命令選單",
    "Hold this transfer": "暫緩此轉帳",
    "No single key moves money: each leads to its form.": "單鍵不會動用款項：每個鍵只帶到對應的表單。",
    "Nothing is found. A page, an act, a transfer by its number or its six words, an amount (>5m), a whole account number.": (
        "找不到。可輸入頁面、操作、轉帳編號或六個詞、金額（>500萬）、完整帳號。"
    ),
    "Page, act, transfer, amount >5m": "頁面、操作、轉帳、金額 >500萬",
    "Pause the live board": "暫停即時看板",
    "Reject this transfer": "拒絕此轉帳",
    "Release this transfer": "放行此轉帳",
    "Reveal the parties": "顯示當事人明文",
    "Single keys are off in this browser.": "此瀏覽器已停用單鍵。",
    "Single keys are on in this browser.": "此瀏覽器已啟用單鍵。",
    "Switch single keys off": "停用單鍵",
    "Switch single keys on": "啟用單鍵",
    "Transfers from {amount}": "{amount} 以上的轉帳",
    "Transfers up to {amount}": "{amount} 以下的轉帳",
    "acknowledge; close with a disposition": "認領；附結論結案",
    "board; A alerts, H held, T transfers, C accounts, P files, F freezes, L log, E health": (
        "看板；A 預警、H 暫緩、T 轉帳、C 帳戶、P 檔案、F 凍結、L 日誌、E 健康狀況"
    ),
    "close what is open, leave a field, go back to the list": "關閉、離開欄位、返回列表",
    "commands: go, find, act": "命令選單：前往、查找、操作",
    "freeze or unfreeze, by typing its last characters": "凍結或解凍，須輸入帳戶末碼",
    "previous and next in the list you came from": "來源列表中的上一筆、下一筆",
    "release; reject": "放行；拒絕",
    "{count} to choose from": "{count} 項可選",
}
