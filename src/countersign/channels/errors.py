"""Refusals of messages: first of whole files, then of single payments.

A payment's refusal goes back to the sender with the ISO reason code that `reasons` gives it.
"""

from countersign.kernel.refusal import Kind, Refusal


class WrongNumberOfTransactions(Refusal):
    """The file says {stated} payments and holds {counted}; nothing was done. Correct the number or send the file whole."""

    code = "channels.wrong_number_of_transactions"
    kind = Kind.INVALID
    chinese = (
        "檔案標示 {stated} 筆付款，實際為 {counted} 筆；未執行任何付款；請更正筆數或完整重送。"
    )


class WrongControlSum(Refusal):
    """The file's control sum is not the sum of its amounts; nothing was done. Correct the sum or the amounts and send the file again."""

    code = "channels.wrong_control_sum"
    kind = Kind.INVALID
    chinese = "檔案的控制總額與各筆金額總和不符；未執行任何付款。請更正總額或金額後重送檔案。"


class WrongTotalAmount(Refusal):
    """The file's total settlement amount is not the sum of its amounts in one currency.

    Nothing was done. Correct the total or the amounts and send the file again.
    """

    code = "channels.wrong_total_amount"
    kind = Kind.INVALID
    chinese = (
        "檔案的清算總金額與同一幣別的各筆金額總和不符；未執行任何付款。"
        "請更正總金額或金額後重送檔案。"
    )


class WrongBlockNumberOfTransactions(Refusal):
    """{element} says {stated} payments and holds {counted}; nothing was done. Correct the number or send the file whole."""

    code = "channels.wrong_block_number_of_transactions"
    kind = Kind.INVALID
    chinese = "{element} 標示 {stated} 筆付款，實際為 {counted} 筆；未執行任何付款；請更正筆數或完整重送檔案。"


class WrongBlockControlSum(Refusal):
    """The control sum of {element} is not the sum of its amounts; nothing was done. Correct the sum or the amounts and send the file again."""

    code = "channels.wrong_block_control_sum"
    kind = Kind.INVALID
    chinese = "{element} 的控制總額與其金額總和不符；未執行任何付款。請更正總額或金額後重送檔案。"


class DuplicateMessageId(Refusal):
    """Another file with this message id was taken in before; nothing of this one was done.

    Give a new or corrected file a message id that you have not used before.
    """

    code = "channels.duplicate_message_id"
    kind = Kind.CONFLICT
    chinese = (
        "先前已收到訊息編號相同而內容不同的檔案；未執行本檔任何付款。"
        "新檔案或更正後的檔案請使用未曾用過的訊息編號。"
    )


class DuplicateInstructionId(Refusal):
    """Payments {first} and {second} have the same instruction id; give each its own, send again."""

    code = "channels.duplicate_instruction_id"
    kind = Kind.INVALID
    chinese = "第 {first} 筆與第 {second} 筆付款的指示編號相同；請各給不同編號後重送。"


class DuplicateUetr(Refusal):
    """Payments {first} and {second} have the same UETR; give each payment its own and send again."""

    code = "channels.duplicate_uetr"
    kind = Kind.INVALID
    chinese = "第 {first} 筆與第 {second} 筆付款的 UETR 相同；請各給不同的 UETR 後重送。"


class NotATransferMessage(Refusal):
    """A {message} is not a kind of file that orders transfers; send a pain.001 or a pacs.008.

    A return (pacs.004) and the status of a transfer (pacs.002) come over the rail's own line.
    """

    code = "channels.not_a_transfer_message"
    kind = Kind.INVALID
    chinese = (
        "{message} 不是下達轉帳指令的檔案種類；請傳送 pain.001 或 pacs.008。"
        "退匯（pacs.004）與轉帳狀態（pacs.002）由清算管道自行送達。"
    )


class UnsupportedSettlement(Refusal):
    """The banks are to settle by {method}, and transfers leave here through a clearing system only.

    Nothing was done. Send the payments with the settlement method CLRG, or another way.
    """

    code = "channels.unsupported_settlement"
    kind = Kind.INVALID
    chinese = (
        "銀行間的清算方式為 {method}，而此處的轉帳只經由清算系統送出；未執行任何付款。"
        "請以清算方式 CLRG 傳送，或改走其他途徑。"
    )


class BlankMessageId(Refusal):
    """The file's message id is blank; give it an id that you have not used before."""

    code = "channels.blank_message_id"
    kind = Kind.INVALID
    chinese = "檔案的訊息編號為空白；請給予未曾使用過的編號。"


class EnvelopeMismatch(Refusal):
    """The business header announces another message than {message}; correct MsgDefIdr."""

    code = "channels.envelope_mismatch"
    kind = Kind.INVALID
    chinese = "業務標頭宣告的訊息與 {message} 不同；請更正 MsgDefIdr。"


class MessageChanged(Refusal):
    """The file changed between checking and reading; keep it untouched and send it again."""

    code = "channels.message_changed"
    kind = Kind.CONFLICT
    chinese = "檔案在檢查與讀取之間有變動；請保持檔案不變並重新傳送。"


class ChequePayment(Refusal):
    """Payment by cheque is not offered here; send the payment as a transfer (PmtMtd TRF)."""

    code = "channels.cheque_payment"
    kind = Kind.INVALID
    chinese = "此處不提供支票付款；請以轉帳（PmtMtd TRF）傳送。"


class ChequeInstruction(Refusal):
    """The transfer carries a cheque instruction, which contradicts it; remove ChqInstr."""

    code = "channels.cheque_instruction"
    kind = Kind.INVALID
    chinese = "轉帳附有支票指示，兩者矛盾；請移除 ChqInstr。"


class EquivalentAmount(Refusal):
    """The amount is given as an equivalent in another currency; send the instructed amount."""

    code = "channels.equivalent_amount"
    kind = Kind.INVALID
    chinese = "金額以另一幣別的等值表示；請改送指示金額（InstdAmt）。"


class ZeroAmount(Refusal):
    """The amount is zero; send the amount to be paid."""

    code = "channels.zero_amount"
    kind = Kind.INVALID
    chinese = "金額為零；請填寫應付金額。"


class NotCarried(Refusal):
    """This gate cannot pass on {element}, and sends no payment without it; remove it and send again."""

    code = "channels.not_carried"
    kind = Kind.INVALID
    chinese = "本系統無法轉送 {element}，亦不會略去後付款；請移除該項目後重送。"


class UnsupportedAgent(Refusal):
    """The bank is given by neither a BIC nor a clearing member number; add one of them."""

    code = "channels.unsupported_agent"
    kind = Kind.INVALID
    chinese = "該銀行既無 BIC，亦無清算系統成員代號；請填寫其中一項。"


class MissingCreditorAccount(Refusal):
    """The payment names no creditor account; add the account of the party to be paid."""

    code = "channels.missing_creditor_account"
    kind = Kind.INVALID
    chinese = "付款未指定收款帳戶；請加上收款方的帳戶。"


class MissingDebtorAccount(Refusal):
    """The payment names no debtor account; add the account to be debited."""

    code = "channels.missing_debtor_account"
    kind = Kind.INVALID
    chinese = "付款未指定付款帳戶；請加上要扣款的帳戶。"


class MissingSettlementDate(Refusal):
    """The payment has no interbank settlement date; add IntrBkSttlmDt to it or to the header."""

    code = "channels.missing_settlement_date"
    kind = Kind.INVALID
    chinese = "付款沒有銀行間清算日期；請在該筆付款或標頭加上 IntrBkSttlmDt。"


class ConvertedAmount(Refusal):
    """The instructed amount is not the amount that settles between the banks.

    Conversions and charges taken on the way cannot be passed on; send the payment in one amount.
    """

    code = "channels.converted_amount"
    kind = Kind.INVALID
    chinese = "指示金額與銀行間清算金額不同；本系統無法轉送換匯或途中扣取的費用，請以單一金額傳送。"


class MissingCreditorName(Refusal):
    """The payment does not name the creditor; add the name of the party to be paid."""

    code = "channels.missing_creditor_name"
    kind = Kind.INVALID
    chinese = "付款未指定收款方名稱；請加上收款方的名稱。"


class UnsupportedAccountScheme(Refusal):
    """The account's own scheme is not 1 to 4 capital letters and digits; use a code, or an IBAN."""

    code = "channels.unsupported_account_scheme"
    kind = Kind.INVALID
    chinese = "帳戶的自訂代碼不是 1 至 4 個大寫字母或數字；請使用代碼或 IBAN。"


class MalformedExecutionDate(Refusal):
    """The requested execution date is not a date of the years 1 to 9999; correct it."""

    code = "channels.malformed_execution_date"
    kind = Kind.INVALID
    chinese = "要求的執行日期不是公元 1 至 9999 年的日期；請更正。"


class ContradictoryLevels(Refusal):
    """{element} says one thing for the block and another for this payment; say it once."""

    code = "channels.contradictory_levels"
    kind = Kind.INVALID
    chinese = "{element} 在付款區塊與本筆付款中的內容不一致；請只填一處。"


class MalformedMapping(Refusal):
    """The mapping cannot be read as TOML at {where}; correct it there."""

    code = "channels.malformed_mapping"
    kind = Kind.INVALID
    chinese = "無法以 TOML 讀取對應檔（{where}）；請在該處更正。"


class BadMapping(Refusal):
    """Line {line} of the mapping: {key} needs {expected}; correct it there."""

    code = "channels.bad_mapping"
    kind = Kind.INVALID
    chinese = "對應檔第 {line} 行：{key} 須為 {expected}；請在該處更正。"


class UnmappedField(Refusal):
    """The mapping gives no {field}; name its column in [columns], or its value in [constants]."""

    code = "channels.unmapped_field"
    kind = Kind.INVALID
    chinese = "對應檔沒有 {field}；請在 [columns] 指定欄位，或在 [constants] 填入值。"


class MissingColumn(Refusal):
    """The file has no column {column}, which line {line} of the mapping names; correct either.

    Nothing was done.
    """

    code = "channels.missing_column"
    kind = Kind.INVALID
    chinese = "檔案沒有對應檔第 {line} 行所指定的欄位 {column}；未執行任何付款。請更正其中之一。"


class RepeatedColumn(Refusal):
    """Columns {first} and {second} of the file have the same name; give each its own.

    Nothing was done.
    """

    code = "channels.repeated_column"
    kind = Kind.INVALID
    chinese = "檔案第 {first} 欄與第 {second} 欄同名；未執行任何付款。請各給不同名稱。"


class UnmappedColumn(Refusal):
    """Nothing says what column {number} of the file is: it may matter to the payments.

    Nothing was done. Name it in [columns] of the mapping, or in `ignore` if it does not.
    """

    code = "channels.unmapped_column"
    kind = Kind.INVALID
    chinese = (
        "對應檔未說明檔案第 {number} 欄的意義，該欄可能影響付款；未執行任何付款。"
        "請在對應檔的 [columns] 指定，若無關則列入 `ignore`。"
    )


class MalformedCsv(Refusal):
    """Line {line} is no row of the kind that the mapping describes: {reason}.

    Nothing was done. Correct the file, or the delimiter in the mapping.
    """

    code = "channels.malformed_csv"
    kind = Kind.INVALID
    chinese = (
        "第 {line} 行不是對應檔所描述的資料列（{reason}）；未執行任何付款。"
        "請更正檔案，或更正對應檔的分隔字元。"
    )


class WrongCsvEncoding(Refusal):
    """The file is not {encoding} text after line {line}; correct the encoding in the mapping.

    Nothing was done.
    """

    code = "channels.wrong_csv_encoding"
    kind = Kind.INVALID
    chinese = "檔案自第 {line} 行後不是 {encoding} 文字；未執行任何付款。請更正對應檔的編碼。"


class NoPayments(Refusal):
    """The file holds no payment; write it again and send it whole."""

    code = "channels.no_payments"
    kind = Kind.INVALID
    chinese = "檔案中沒有付款；請重新產生並完整傳送。"


class MissingTrailer(Refusal):
    """The last row is not the one with count and sum that the mapping announces.

    Nothing was done. The file may have been cut: send it whole.
    """

    code = "channels.missing_trailer"
    kind = Kind.INVALID
    chinese = "最後一列不是對應檔所宣告的筆數與總額列；未執行任何付款。檔案可能不完整：請完整傳送。"


class WrongNumberOfCells(Refusal):
    """The row has {counted} cells and the file has {expected} columns; correct the row."""

    code = "channels.wrong_number_of_cells"
    kind = Kind.INVALID
    chinese = "該列有 {counted} 格，而檔案有 {expected} 欄；請更正該列。"


class MissingInstructionId(Refusal):
    """The payment has no reference of its own, by which it would be known again; give it one."""

    code = "channels.missing_instruction_id"
    kind = Kind.INVALID
    chinese = "付款沒有可供辨識的編號；請給予編號。"
