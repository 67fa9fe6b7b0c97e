"""Refusals of rule expressions, each with the place of the fault."""

from countersign.kernel.refusal import Kind, Refusal


class MalformedExpression(Refusal):
    """Line {line}, column {column}: {why}. Correct the expression and save it again."""

    code = "rules.malformed_expression"
    kind = Kind.INVALID
    chinese = "第 {line} 行第 {column} 欄：{why}。請更正運算式後重新儲存。"
