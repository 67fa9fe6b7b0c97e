"""Refusals about policies."""

from countersign.kernel.refusal import Kind, Refusal


class MalformedPolicy(Refusal):
    """The policy cannot be used: {field} {why}. Correct it and set it again."""

    code = "rules.malformed_policy"
    kind = Kind.INVALID
    chinese = "此策略無法使用：{field} {why}。請更正後重新設定。"


class MalformedRule(Refusal):
    """Rule {rule}, line {line}, column {column}: {why}. Correct it and set the policy again."""

    code = "rules.malformed_rule"
    kind = Kind.INVALID
    chinese = "規則 {rule} 第 {line} 行第 {column} 欄：{why}。請更正後重新設定策略。"
