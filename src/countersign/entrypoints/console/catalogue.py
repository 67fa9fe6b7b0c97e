"""What the console says, in English and Chinese.

English sentences stand in the templates and their Chinese here; those of keys and the palette in
`keyed`, of the frame of pages and lists in `framed`, codes of ours in `coded`. A text that is
missing is a fault that a test finds.
"""
# ruff: noqa: E501  # A sentence is one line.

from collections.abc import Mapping

from markupsafe import Markup, escape

from countersign.entrypoints.console.coded import CODED
from countersign.entrypoints.console.framed import FRAMED, OF_ONE
from countersign.entrypoints.console.keyed import KEYED
from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Language

CHINESE = {
    **KEYED,
    **FRAMED,
    "A session ends after an hour without you, after twelve hours, and when you sign out.": (
        "閒置一小時、滿十二小時或登出後，工作階段即結束。"
    ),
    "A typology that reaches its threshold raises one with the decision.": (
        "型態評分達到門檻時，裁決的同時即發出預警。"
    ),
    "Accepted": "已受理",
    "Accepted amount": "受理金額",
    "Account": "帳戶",
    "Account {number}": "帳戶 {number}",
    "Accounts": "帳戶",
    "Acknowledge": "認領",
    "Acknowledging says that you look into it; one person does.": (
        "認領表示由你查看；一件預警由一人負責。"
    ),
    "Act": "操作",
    "Against the usual": "與平常相比",
    "All {count} held transfers": "全部 {count} 筆暫緩轉帳",
    "Alert {number}": "預警 {number}",
    "Alerts": "預警",
    "All": "全部",
    "All acts": "所有操作",
    "All keys": "所有快捷鍵",
    "All {count} facts that the rules asked for": "規則所用的全部 {count} 項事實",
    "Amount": "金額",
    "An account is frozen on its own page; one elsewhere with `countersign freeze`.": (
        "在帳戶頁面即可凍結；他行帳戶請用 `countersign freeze`。"
    ),
    "As others fetch it": "對外公布的原文",
    "At risk": "涉險金額",
    "Attested by the gate for this credential": "由閘口為此憑證佐證",
    "Audit log": "稽核日誌",
    "Available": "可用",
    "Back": "返回",
    "Balance": "餘額",
    "Batches": "批次",
    "Blocked": "已攔截",
    "Blocked today": "今日攔截",
    "Board": "看板",
    "Booked": "入帳時間",
    "Bring one with `countersign ingest FILE`, or into the watched folder.": "請用 `countersign ingest FILE` 匯入，或放入監看的資料夾。",
    "By": "操作者",
    "By credential {name}": "憑證 {name}",
    "Came back": "退回",
    "Cancel": "撤銷",
    "Check": "檢查項目",
    "Close": "關閉",
    "Close alert": "結案",
    "Close it": "結案",
    "Command": "命令",
    "Commands": "命令",
    "Commands in the log": "日誌中的命令",
    "Control": "處置",
    "Currency": "幣別",
    "Debtor": "付款人",
    "Decide": "裁決",
    "Decision of a person": "人工裁決",
    "Decisions": "裁決",
    "Digest": "摘要",
    "Disposal": "處置",
    "Due in": "剩餘時間",
    "Due on": "執行日",
    "Ended": "結束時間",
    "Entry": "分錄",
    "Every batch, row, posting, key and tile is held against what was signed.": (
        "將每一批次、資料列、分錄、鍵與雜湊塊與簽署內容逐一核對。"
    ),
    "Every control it passed": "所經控制",
    "Factor": "驗證要素",
    "File": "檔案",
    "Files": "檔案",
    "Freeze": "凍結",
    "Freeze this account": "凍結此帳戶",
    "Freezes": "凍結",
    "From": "付款方",
    "From and to": "付款與收款方",
    "Frozen": "已凍結",
    "Frozen since": "凍結時間",
    "Held": "暫緩",
    "Held now": "目前暫緩",
    "Held transfers": "暫緩轉帳",
    "Held, by what is due first": "暫緩轉帳，先到期者在前",
    "Hold for {hours} h": "暫緩 {hours} 小時",
    "Holder": "戶名",
    "If it is rejected, reported as": "若拒絕，回報原因",
    "It did not come to its end; see the log of the process.": "驗證未能完成；請查看程序日誌。",
    "Kept by others": "遭扣留",
    "Kind": "種類",
    "Large today": "今日大額",
    "Leaf": "葉號",
    "Leaves": "葉數",
    "Ledger, newest first": "帳務明細，新者在前",
    "Lift the freeze": "解除凍結",
    "Live board": "即時看板",
    "Log leaf": "日誌葉號",
    "Look again": "重新查看",
    "Look up": "查詢",
    "Made": "產生時間",
    "Message": "訊息編號",
    "Monitoring": "監控",
    "Name": "名稱",
    "Newest checkpoint": "最新檢查點",
    "No account is open yet.": "尚未開立任何帳戶。",
    "No alert here.": "此處沒有預警。",
    "No factor vouches for it": "沒有任何驗證要素",
    "No file came yet.": "尚未收到檔案。",
    "No order came yet.": "尚無指令。",
    "No transfer is like this.": "沒有符合條件的轉帳。",
    "No transfer yet.": "尚無轉帳。",
    "None yet; the first one comes within seconds of the first order.": (
        "尚無檢查點；第一筆指令後數秒內即產生。"
    ),
    "Not done": "未執行",
    "Not found": "找不到",
    "Not taken yet": "尚未裁決",
    "Nothing here.": "此處沒有內容。",
    "Nothing is frozen.": "目前沒有凍結。",
    "Nothing is held.": "目前沒有暫緩的轉帳。",
    "Nothing is wrong": "一切相符",
    "Nothing of it was ordered.": "其中沒有任何付款下單。",
    "Nothing was booked yet.": "尚無分錄。",
    "Nothing yet": "尚無紀錄",
    "Nothing: it was released by the gate without a second look.": "無：閘口直接放行，未經再次查看。",
    "Number": "編號",
    "Open one with `countersign accounts open`.": "請用 `countersign accounts open` 開立。",
    "Open the console": "開啟主控臺",
    "Open the console of {name}": "開啟 {name} 的主控臺",
    "Open the transfer": "查看轉帳",
    "Open transfers": "未結轉帳",
    "Order one with `countersign ingest FILE`.": "請用 `countersign ingest FILE` 下單。",
    "Order received": "收到指令",
    "Ordered": "下單時間",
    "Ordered by": "下單者",
    "Orders, last minute": "前一分鐘指令數",
    "Outcome": "結果",
    "Parties": "當事人",
    "Pattern": "型態",
    "Payments": "付款筆數",
    "Place": "序號",
    "Policy": "策略",
    "Policy {number}": "策略 {number}",
    "Policy {number}, nothing found": "策略 {number}，無發現",
    "Policy {number}, {count} reasons": "策略 {number}，{count} 項理由",
    "Prevention": "預防",
    "Proof": "證明",
    "Proof file": "證明檔",
    "Prove": "舉證",
    "Rail": "清算管道",
    "Raised": "發出時間",
    "Reason": "理由",
    "Reason, kept in the log": "理由，保存於日誌",
    "Received": "收到時間",
    "Refused": "被拒絕",
    "Reject": "拒絕",
    "Rejected": "已拒絕",
    "Release": "放行",
    "Released": "已放行",
    "Released today": "今日放行",
    "Reveal": "顯示明文",
    "reveal the parties, with a reason": "顯示當事人明文，須附理由",
    "Rules": "規則",
    "Running: {done} of {of} commands": "驗證中：{of} 個命令已核對 {done} 個",
    "s, then masked": "秒後遮蔽",
    "Score": "評分",
    "See all transfers": "查看所有轉帳",
    "See closed ones": "查看已結案者",
    "See that `countersign run` runs for this data folder, or ask `countersign doctor`.": (
        "請確認此資料夾的 `countersign run` 正在執行，或執行 `countersign doctor`。"
    ),
    "Settled": "已清算",
    "Settlement": "清算",
    "Shown for {seconds} s. The look is logged with its reason.": "顯示 {seconds} 秒。此次查看與理由會記入日誌。",
    "Sign in": "登入",
    "Signed": "已簽署",
    "Six words of the digest": "摘要的六個詞",
    "State": "狀態",
    "Status": "狀態",
    "Stops everything from and to this account at once. Its money stays; held transfers stay held.": (
        "立即停止此帳戶的一切收付。款項留存，暫緩中的轉帳維持暫緩。"
    ),
    "System health": "系統健康",
    "The database does not answer": "資料庫無回應",
    "The fault is written to the log. The gate goes on deciding.": (
        "錯誤已寫入日誌。閘口仍照常裁決。"
    ),
    "The first one shows here within two seconds.": "第一筆指令會在兩秒內出現於此。",
    "The gate does not answer": "閘口無回應",
    "The gate does not answer. Nothing is decided until it is back.": (
        "閘口無回應。恢復之前不會裁決任何轉帳。"
    ),
    "The page could not be read. Try again in a few seconds.": "頁面無法讀取，請數秒後再試。",
    "The rail has not confirmed it yet": "清算管道尚未確認",
    "The same file again orders nothing twice.": "再次匯入同一檔案不會重複下單。",
    "The scores alone raised it.": "僅因評分而發出。",
    "The whole digest": "完整摘要",
    "There is no password. On the machine that runs it, ask for a link and open it within ten"
    " minutes; it works once.": (
        "這裡沒有密碼。請在執行它的機器上索取連結，十分鐘內開啟；連結只能使用一次。"
    ),
    "There is no such page. It may have another address by now.": "沒有這個頁面，網址可能已變更。",
    "This console opens with a link": "此主控臺以連結開啟",
    "This link opens nothing": "此連結無法使用",
    ", after every control again": "，全部控制再次通過",
    "Form": "格式",
    "Fields, accounts and date are in order": "欄位、帳戶與日期均正確",
    "Credential": "憑證",
    "In force, and may order": "有效，且有權下單",
    "Neither account is frozen": "雙方帳戶均未凍結",
    "Creditor's account": "收款帳戶",
    "The one that was ordered": "與下單時相同",
    "Funds": "款項",
    "Enough was available when it was decided": "裁決時可用餘額充足",
    "Looked at in clear once": "曾以明文查看 1 次",
    "Looked at in clear {count} times or more; the log has them all": "曾以明文查看至少 {count} 次；日誌中有全部記錄",
    "Looked at in clear {count} times": "曾以明文查看 {count} 次",
    "leaf {number}": "第 {number} 號葉節點",
    "This look is leaf {number} of the audit log.": "此次查看是稽核日誌的第 {number} 號葉節點。",
    "This page failed": "頁面發生錯誤",
    "To": "收款方",
    "Too little is known of this debtor yet to say what is usual.": (
        "此付款人的往來紀錄尚少，無法判斷何為平常。"
    ),
    "Transfer": "轉帳",
    "Transfer {number}": "轉帳 {number}",
    "Transfers": "轉帳",
    "Transfers from and to it are decided again as usual.": "此帳戶的收付將恢復照常裁決。",
    "Type the last four characters of the account": "輸入帳戶末四碼",
    "Unanswered, it expires and the money is free again": "逾時未裁決即失效，款項解除圈存",
    "Unfreeze": "解凍",
    "Verdict": "裁決",
    "Verification of the whole log": "驗證整份日誌",
    "Verify now": "立即驗證",
    "Watch": "監控",
    "What it came to": "結論",
    "What it says": "說明",
    "What the rules found": "規則的發現",
    "What the rules hold waits here for a person.": "規則暫緩的轉帳會在此等候人員裁決。",
    "When": "時間",
    "Why": "理由",
    "Why it is held": "暫緩的理由",
    "after": "事後",
    "all keys": "所有快捷鍵",
    "also {others}": "另有 {others}",
    "an account elsewhere": "他行帳戶",
    "at the decision": "裁決當下",
    "before": "事前",
    "erased": "已抹除",
    "in six words, to compare": "以六個詞核對",
    "lifted with `countersign unfreeze`": "以 `countersign unfreeze` 解除",
    "live · space pauses": "即時 · 空白鍵暫停",
    "masked": "已遮蔽",
    "move": "移動",
    "next and previous row": "下一列、上一列",
    "no limit": "無上限",
    "not renewed for … s": "已有 … 秒未更新",
    "not closed": "未結案",
    "now": "現在",
    "open": "開啟",
    "pause": "暫停",
    "pause the live board": "暫停即時看板",
    "promised to transfers that are not settled": "已承諾予尚未清算的轉帳",
    "refused by rule": "依規則拒絕",
    "score {score}": "評分 {score}",
    "search a transfer": "搜尋轉帳",
    "sent": "已送出",
    "the last 31 days": "近 31 天",
    "the last {count} entries": "最近 {count} 筆",
    "the reason is sealed with it": "理由一併密封保存",
    "then": "然後",
    "these keys": "顯示快捷鍵",
    "tick: median of 30 days · band: half to twice · diamond: outside": (
        "刻度：30 日中位數 · 區間：一半至兩倍 · 菱形：超出"
    ),
    "wait for a person": "等候人員裁決",
    "{count} acknowledged": "{count} 件已認領",
    "{count} faults": "{count} 項不符",
    "{count} in the last hour": "近一小時 {count} 筆",
    "{count} orders today": "今日 {count} 筆指令",
    "It is being taken in, or that broke off.": "正在匯入，或匯入中斷。",
    "Number or words of a transfer": "轉帳編號或六個詞",
    ", ": "、",
    "Began": "開始時間",
    "Book money that came in with `countersign accounts fund`.": "入金請用 `countersign accounts fund`。",
    "Decisions per 5 min, last two hours": "近兩小時每 5 分鐘裁決數",
    "as a table": "以表格呈現",
    "As a table": "以表格呈現",
    "Challenged": "待加驗",
    "No decision in the last two hours": "近兩小時沒有裁決",
    "{total} decisions in two hours, {stopped} of them stopped": "兩小時內裁決 {total} 筆，其中攔停 {stopped} 筆",
    "As usual: about {usual} decisions in 5 min; {stopped} of {total} stopped": "一如平常：每 5 分鐘約 {usual} 筆裁決，{total} 筆中攔停 {stopped} 筆",
    "{clock}: {count} of {total} stopped, usually {usual} in 5 min": "{clock} 起 5 分鐘內 {total} 筆中攔停 {count} 筆，平常為 {usual} 筆",
    "{clock}: {count} decisions, usually {usual} in 5 min": "{clock} 起 5 分鐘內裁決 {count} 筆，平常為 {usual} 筆",
    "{count} stopped": "攔停 {count} 筆",
    "{count} decisions": "{count} 筆裁決",
    "Nothing left this account in {days} days": "{days} 天內此帳戶沒有支出",
    "{total} left this account in {days} days": "{days} 天內此帳戶支出 {total}",
    "About {usual} leaves on a day; {total} in {days} days": "每日支出約 {usual}，{days} 天共 {total}",
    "{day}: {amount} left, usually {usual} on a day": "{day}支出 {amount}，平常每日 {usual}",
    "Outflow a day, {currency}": "每日支出（{currency}）",
    "Day": "日期",
    "Outflow": "支出",
    "Inflow": "收入",
    "Balance at its end": "當日結餘",
    "All within the usual": "皆在平常範圍之內",
    "{count} of {all} outside the usual": "{all} 項中有 {count} 項超出平常",
    "; ": "；",
    "held until {when} {zone}, then it expires": "暫緩至 {when}（{zone}），逾時即失效",
    "Further reasons: {count}": "其他理由：{count} 項",
    "Messages of the rail": "清算管道訊息",
    "One alert for all that come for this reason until it is acknowledged.": "認領之前，因此理由送達者皆歸入此預警。",
    "The newest {count}:": "最新 {count} 筆：",
    "outside half to twice": "超出一半至兩倍",
    "within half to twice": "在一半至兩倍之內",
    "The first {count}; all of them by `countersign audit verify`.": "僅列前 {count} 項；完整清單請用 `countersign audit verify`。",
    "This page failed.": "頁面發生錯誤。",
    "Signed out.": "已登出。",
    "This name does not lead here.": "此名稱不通往此處。",
    "Method not allowed.": "不支援此方法。",
    "This form is not of this site.": "此表單並非來自本站。",
    "This is more than a form of ours sends.": "內容超出本站表單所能傳送的大小。",
}


def translated(text: str, language: Language, **values: object) -> str:
    """The text in a language, with its values filled in; of a code its words.

    Where a value is markup, the whole is, and all else in it is escaped.
    """
    if text in CODED:
        found = CODED[text][1 if language == "zh" else 0]
    else:
        invariant(text in CHINESE, f"the catalogue has both languages of {text!r}")
        found = CHINESE[text] if language == "zh" else _counted(text, values)
    if any(isinstance(value, Markup) for value in values.values()):
        found = escape(found)
    return found.format(**values) if values else found


def _counted(text: str, values: Mapping[str, object]) -> str:
    counting, one = OF_ONE.get(text, ("", text))
    return one if str(values.get(counting)) == "1" else text


def actor_words(name: str, language: Language) -> str:
    """Who acted: a part of the installation in words, whoever else by the credential's name."""
    return translated(f"actor {name}", language) if f"actor {name}" in CODED else name


def known_code(kind: str, code: str, language: Language) -> str:
    """What an ISO code says; empty for one that we have no words for."""
    return translated(f"{kind} {code}", language) if f"{kind} {code}" in CODED else ""
