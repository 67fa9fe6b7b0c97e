"""Refusals of a file that is no ISO 20022 message we can read.

They name elements, lines and schema rules; a value out of the file is in none of them.
"""

from countersign.kernel.refusal import Kind, Refusal


class Empty(Refusal):
    """The file is empty; write it again and send it whole."""

    code = "iso20022.empty"
    kind = Kind.INVALID
    chinese = "檔案是空的；請重新產生並完整傳送。"


class NotXml(Refusal):
    """The file is not well-formed XML at line {line}: {reason}; write it again and send it whole."""

    code = "iso20022.not_xml"
    kind = Kind.INVALID
    chinese = "檔案第 {line} 行不是正確的 XML（{reason}）；請重新產生並完整傳送。"


class Doctype(Refusal):
    """The file has a document type declaration, which no payment message needs; remove it."""

    code = "iso20022.doctype"
    kind = Kind.INVALID
    chinese = "檔案含有文件類型宣告（DOCTYPE），付款訊息不需要它；請移除。"


class WrongEncoding(Refusal):
    """The file is not UTF-8 or UTF-16 text as it declares (line {line}); write it as UTF-8."""

    code = "iso20022.encoding"
    kind = Kind.INVALID
    chinese = "檔案不是所宣告的 UTF-8 或 UTF-16 文字（第 {line} 行）；請以 UTF-8 寫出。"


class UnsupportedMessage(Refusal):
    """The file is {message}, which is not taken here; send one of: {supported}."""

    code = "iso20022.unsupported_message"
    kind = Kind.INVALID
    chinese = "檔案為 {message}，此處不接受；請傳送下列之一：{supported}。"


class UnknownEnvelope(Refusal):
    """The file is {message} inside {envelope}, which is no known envelope.

    Send the Document alone, or with its header in an Envelope (urn:swift:xsd:envelope) or a
    RequestPayload.
    """

    code = "iso20022.unknown_envelope"
    kind = Kind.INVALID
    chinese = (
        "檔案為 {envelope} 內的 {message}，而該外層不是已知的信封；請單獨傳送 Document，"
        "或連同標頭放入 Envelope（urn:swift:xsd:envelope）或 RequestPayload。"
    )


class InvalidMessage(Refusal):
    """At line {line}, {element} breaks the schema: {rule}; correct it and send the whole file again."""

    code = "iso20022.invalid"
    kind = Kind.INVALID
    chinese = "第 {line} 行的 {element} 不符合結構定義：{rule}；請更正後重新傳送整個檔案。"


class TooLarge(Refusal):
    """The {what} is larger than {bytes_max} bytes; split the file, or shorten that part of it."""

    code = "iso20022.too_large"
    kind = Kind.INVALID
    chinese = "{what} 超過 {bytes_max} 位元組；請分割檔案，或縮短該部分。"


class TooDeep(Refusal):
    """The elements at line {line} are nested deeper than any payment message; write the file anew."""

    code = "iso20022.too_deep"
    kind = Kind.INVALID
    chinese = "第 {line} 行的元素巢狀層數超出任何付款訊息；請重新產生檔案。"


class NoSchema(Refusal):
    """There is no official schema of {message}.

    Put the official file {message}.xsd into a folder and name the folder in
    COUNTERSIGN_SCHEMA_DIR.
    """

    code = "iso20022.no_schema"
    kind = Kind.UNAVAILABLE
    chinese = (
        "找不到 {message} 的官方結構定義；請將官方檔案 {message}.xsd 放入資料夾，"
        "並以 COUNTERSIGN_SCHEMA_DIR 指定該資料夾。"
    )


# After one of these nobody can say which message it is.
NAMELESS = (NotXml, Doctype, WrongEncoding, UnknownEnvelope, TooLarge, TooDeep)
