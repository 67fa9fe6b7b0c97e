"""The Chinese of what frames pages and lists: figures, environment, zone, filters, panel."""
# ruff: noqa: E501  # A sentence is one line.

FRAMED = {
    "The chosen transfer": "所選轉帳",
    "open the row as a page": "以整頁開啟該列",
    "open the row, of transfers beside the list": "開啟該列；轉帳在列表旁開啟",
    "Filters in force": "目前條件",
    "From the newest": "回到最新",
    "Remove:": "移除：",
    "{count} entries, leaves {first} to {last}": "{count} 筆，第 {first} 至 {last} 號葉節點",
    "show what is new on the board": "顯示看板上的新進轉帳",
    "{count} new": "新進 {count} 筆",
    "Choose a time zone": "選擇時區",
    "In which zone this browser shows times. Pointing at one gives UTC; proofs, the log and what machines read stay in UTC, and so do days of the ledger and of a search.": (
        "此瀏覽器以哪個時區顯示時間。指向時間可見 UTC；證明、日誌與機器讀取的內容維持 UTC，帳務日與搜尋日期亦同。"
    ),
    "This browser's: {zone}": "此瀏覽器的時區：{zone}",
    "This machine has no data of time zones (the package `tzdata`), so times are in UTC.": (
        "本機沒有時區資料（套件 `tzdata`），因此時間以 UTC 顯示。"
    ),
    "Time zone": "時區",
    "Use this zone": "使用此時區",
    "Environment {name}": "環境 {name}",
    "Amount from": "金額下限",
    "Amount to": "金額上限",
    "Ordered from": "下單日起",
    "Ordered to": "下單日止",
    "Saved views": "檢視",
    "Keep this view": "保存此檢視",
    "Keep": "保存",
    "Name, kept in this browser": "名稱，保存於此瀏覽器",
    "More filters": "更多條件",
    "Sort": "排序",
    "Search": "搜尋",
    "any": "不限",
    "Appearance and session": "外觀與工作階段",
    "As the system": "跟隨系統",
    "Light": "淺色",
    "Light or dark": "明暗",
    "Dark": "深色",
    "Density": "密度",
    "Compact": "緊湊",
    "Comfortable": "寬鬆",
    "Menu": "選單",
    "More places": "其他頁面",
    "Main": "主選單",
    "Main, on phones": "主選單（手機）",
    "Local operator": "本機操作員",
    "Sign out": "登出",
    "Skip to content": "跳至內容",
    "Previous": "上一頁",
    "Next": "下一頁",
    "Page {number}": "第 {number} 頁",
    "From the first": "回到首頁",
    "Clear": "清除",
    "Forget this view": "移除此檢視",
    "Gate does not answer": "閘口無回應",
    "Gate open, policy {number}": "閘口開放，策略 {number}",
    "usual": "平常",
}

# What English says otherwise of one: the value that counts, and the sentence. Chinese has one form.
OF_ONE = {
    "{count} faults": ("count", "{count} fault"),
    "{count} orders today": ("count", "{count} order today"),
    "{count} decisions": ("count", "{count} decision"),
    "{clock}: {count} decisions, usually {usual} in 5 min": (
        "count",
        "{clock}: {count} decision, usually {usual} in 5 min",
    ),
    "{total} decisions in two hours, {stopped} of them stopped": (
        "total",
        "{total} decision in two hours, {stopped} of them stopped",
    ),
    "All {count} facts that the rules asked for": ("count", "The fact that the rules asked for"),
    "Policy {number}, {count} reasons": ("count", "Policy {number}, {count} reason"),
    "Running: {done} of {of} commands": ("of", "Running: {done} of {of} command"),
    "{count} entries, leaves {first} to {last}": (
        "count",
        "{count} entry, leaves {first} to {last}",
    ),
    "the last {count} entries": ("count", "the last entry"),
}
