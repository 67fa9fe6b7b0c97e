"""The policy that an instance begins with: its rules for large transfers, and what they mean.

`large` is the amount from which a person looks at every order. Single rules of a payment that is
plainly out of the usual hold by themselves; alerts come from patterns alone, so that they stay few.
How low the amounts of each rule begin was tuned by `countersign bench attacks`, not by one seed.
Each rule has a case in which it fires and one in which it does not: tests/rules/test_default.py.
"""

from countersign.rules.model import RULE_SET, Policy, Rule, Typology

_LARGE = {
    "CHF": 1_000_000_00,
    "CNY": 5_000_000_00,
    "EUR": 1_000_000_00,
    "GBP": 1_000_000_00,
    "HKD": 8_000_000_00,
    "JPY": 150_000_000,
    "SGD": 1_500_000_00,
    "USD": 1_000_000_00,
}
# To a debtor who is new here everybody is.
_FRESH_PAIR = "debtor_age_ms >= 2592000000 AND (pair_age_ms IS NULL OR pair_age_ms <= 2592000000)"
_RULES = [
    Rule(
        code="rules.amount",
        english="The amount alone is large enough for a second look",
        chinese="單筆金額之大，足以需要再看一次",
        when="amount >= large",
        weight=100,
    ),
    Rule(
        code="rules.no_threshold",
        english="The policy says of this currency not what a large amount is",
        chinese="策略未規定此幣別的大額門檻",
        when="large IS NULL",
        weight=100,
    ),
    Rule(
        code="rules.new_creditor",
        english="A large first payment to a creditor whom this debtor never paid",
        chinese="首次向此收款帳戶支付，且金額較大",
        when="pair_idle_ms IS NULL AND amount * 6 >= large",
        weight=100,
    ),
    Rule(
        code="rules.young_sum",
        english="Half of a large amount within the first week of paying a creditor",
        chinese="開始付款的首週內，付往此收款帳戶的合計已達大額的一半",
        when="pair_count_7d >= 1 AND pair_count_30d = pair_count_7d AND amount * 10 >= large"
        " AND (pair_sum_7d + amount) * 2 >= large",
        weight=100,
    ),
    Rule(
        code="rules.frequency",
        english="More orders of the debtor within an hour than usual business gives",
        chinese="一小時內的指令數多於正常業務",
        when="debtor_count_1h >= 20 AND amount * 100 >= large",
        weight=60,
    ),
    Rule(
        code="rules.dormant_debtor",
        english="A large order after a silence of half a year",
        chinese="沉寂半年後的大額指令",
        when="debtor_idle_ms >= 15552000000 AND amount * 10 >= large",
        weight=100,
    ),
    Rule(
        code="rules.structuring",
        english="Orders to one creditor within a day that are large only together",
        chinese="一日內對同一收款帳戶的多筆指令，合計才達大額",
        # One that was large by itself was looked at, and what follows it is no piece of it.
        when="amount < large AND pair_max_24h < large AND pair_sum_24h + amount >= large",
        weight=100,
    ),
    Rule(
        code="rules.just_below",
        english="Another order of the day just below the large amount",
        chinese="當日再有一筆略低於大額門檻的指令",
        when="amount < large AND amount * 10 >= large * 9"
        " AND debtor_max_24h < large AND debtor_max_24h * 10 >= large * 9",
        weight=100,
    ),
    Rule(
        code="rules.young_pair",
        english="A creditor of this week alone, whose payments together are out of the usual",
        chinese="本週才開始付款的收款帳戶，合計金額異於平常",
        # One that was large by itself was looked at, and what follows it is no piece of it.
        when="pair_count_7d >= 2 AND pair_count_30d = pair_count_7d AND debtor_count_30d >= 5"
        " AND pair_max_7d < large"
        " AND (pair_sum_7d + amount) * 20 >= large"
        " AND pair_sum_7d + amount >= 10 * debtor_median_30d",
        weight=100,
    ),
    Rule(
        code="rules.unusual_amount",
        english="Ten times what this debtor usually pays, or more",
        chinese="達此付款帳戶平常金額的十倍以上",
        when="debtor_count_30d >= 5 AND debtor_median_ratio_30d >= 10000000"
        " AND amount * 40 >= large",
        weight=70,
    ),
    Rule(
        code="rules.quiet_debtor",
        english="A debtor who hardly pays at all pays three times the greatest of a month, or more",
        chinese="甚少付款的帳戶，支付達一個月內最大金額的三倍以上",
        # Who never ordered here has no habit: what he begins with is for `first_order_large`.
        when="debtor_idle_ms IS NOT NULL AND debtor_count_30d < 5"
        " AND amount >= 3 * COALESCE(debtor_max_30d, 0) AND amount * 100 >= large",
        weight=70,
    ),
    Rule(
        code="rules.hardly_known",
        english="A creditor whom this debtor paid seldom and little in a month, if ever",
        chinese="一個月內此付款帳戶甚少付款給此收款帳戶，且金額不大",
        # A small payment first makes nobody known; two months do, however seldom it was paid.
        when="pair_count_30d <= 3 AND amount >= 3 * COALESCE(pair_max_30d, 0)"
        " AND amount * 100 >= large AND (pair_age_ms IS NULL OR pair_age_ms <= 5184000000)",
        weight=40,
    ),
    Rule(
        code="rules.unusual_for_pair",
        english="Five times what this debtor usually pays this creditor, or more",
        chinese="達平常付給此收款帳戶金額的五倍以上",
        when="pair_count_30d >= 3 AND pair_median_ratio_30d >= 5000000 AND amount * 50 >= large",
        weight=60,
    ),
    Rule(
        code="rules.quick_outflow",
        english="A third of what the account has leaves within a day, to somebody hardly known",
        chinese="一日內轉出帳戶三分之一以上的餘額，且收款人尚不熟悉",
        when="(pair_count_30d <= 3 AND amount >= 3 * COALESCE(pair_max_30d, 0)"
        " OR pair_count_30d = pair_count_7d)"
        " AND amount * 10 >= large AND debtor_median_ratio_30d >= 3000000"
        " AND (debtor_sum_24h + amount) * 3 >= available + debtor_sum_24h",
        weight=110,
    ),
    Rule(
        code="rules.drains_account",
        english="It takes nearly all that the account has",
        chinese="幾乎用盡帳戶餘額",
        when="amount * 10 >= available * 9 AND amount * 20 >= large",
        weight=50,
    ),
    Rule(
        code="rules.many_creditors",
        english="Several creditors within an hour, this one never paid before",
        chinese="一小時內付往多個收款帳戶，此帳戶為首次",
        when="debtor_creditors_1h >= 4 AND pair_idle_ms IS NULL"
        " AND (debtor_sum_1h + amount) * 4 >= large",
        weight=60,
    ),
    Rule(
        code="rules.fresh_creditors",
        english="Within a day much more than usual to several creditors of this month",
        chinese="一日內付往多個本月新收款帳戶的合計遠高於平常",
        when=_FRESH_PAIR + " AND fresh_count_24h >= 1 AND amount * 20 >= large"
        " AND (fresh_sum_24h + amount) * 5 >= large"
        " AND fresh_sum_24h + amount >= 8 * debtor_median_30d",
        weight=110,
    ),
    Rule(
        code="rules.scattered",
        english="Within a day several creditors of this month get much more than usual together",
        chinese="一日內付往多個本月新收款帳戶，合計遠高於平常",
        # Each piece may be too small for any rule about one payment.
        when=_FRESH_PAIR + " AND fresh_creditors_24h >= 2 AND amount * 100 >= large"
        " AND (fresh_sum_24h + amount) * 10 >= large"
        " AND fresh_sum_24h + amount >= 4 * debtor_median_30d",
        weight=110,
    ),
    Rule(
        code="rules.only_new",
        english="Almost all that the account pays in a month goes to creditors of this month",
        chinese="帳戶一個月內的款項幾乎全部付往新收款帳戶",
        # One that is large for a first one was looked at, and what follows it is no piece of it.
        when=_FRESH_PAIR + " AND fresh_max_30d * 6 < large AND amount * 400 >= large"
        " AND (fresh_sum_30d + amount) * 20 >= large"
        " AND (fresh_sum_30d + amount) * 10 >= (debtor_sum_30d + amount) * 9",
        weight=110,
    ),
    Rule(
        code="rules.pass_through",
        english="What came into the account within a day leaves it again",
        chinese="一日內流入帳戶的款項隨即轉出",
        when="amount * 20 >= large AND inflow_sum_24h > 0"
        " AND (debtor_sum_24h + amount) * 10 BETWEEN inflow_sum_24h * 7 AND inflow_sum_24h * 11",
        weight=100,
    ),
    Rule(
        code="rules.passed_on",
        english="A good part of what came into the account within a week leaves it again",
        chinese="一週內流入帳戶的款項有相當部分隨即轉出",
        when="amount * 100 >= large AND inflow_sum_7d > 0"
        " AND (debtor_sum_7d + amount) * 10 BETWEEN inflow_sum_7d * 3 AND inflow_sum_7d * 11",
        weight=60,
    ),
    Rule(
        code="rules.collecting_creditor",
        english="Many debtors paid this creditor within a day, who was unknown a month ago",
        chinese="一日內多個付款帳戶付往此前無往來的收款帳戶",
        when="creditor_debtors_24h >= 3 AND creditor_count_30d = creditor_count_24h"
        " AND pair_idle_ms IS NULL",
        weight=60,
    ),
    Rule(
        code="rules.repeated",
        english="The same amount to the same creditor again and again within an hour",
        chinese="一小時內多次以相同金額付往同一收款帳戶",
        when="pair_count_1h >= 3 AND pair_max_1h = amount AND amount * 100 >= large",
        weight=60,
    ),
    Rule(
        code="rules.first_order_large",
        english="The first order of this account is a large one",
        chinese="此帳戶的首筆指令即為大額",
        when="debtor_idle_ms IS NULL AND amount * 4 >= large",
        weight=60,
    ),
]
_TYPOLOGIES = [
    Typology(
        code="typologies.large_value",
        english="A large amount, which a person looks at",
        chinese="大額轉帳，須由人員查看",
        rules=["rules.amount", "rules.no_threshold"],
        interdiction_threshold=100,
    ),
    Typology(
        code="typologies.new_payee",
        english="A large payment to somebody new",
        chinese="向新收款人支付大額",
        rules=["rules.new_creditor", "rules.young_sum", "rules.first_order_large"],
        interdiction_threshold=100,
    ),
    Typology(
        code="typologies.account_takeover",
        english="Somebody else may be acting for the debtor",
        chinese="可能有他人冒用付款人身分",
        # Not new_creditor, which is a limit: whoever is new is hardly known as well.
        rules=[
            "rules.unusual_amount",
            "rules.quiet_debtor",
            "rules.hardly_known",
            "rules.quick_outflow",
            "rules.drains_account",
            "rules.many_creditors",
            "rules.fresh_creditors",
            "rules.scattered",
            "rules.only_new",
            "rules.frequency",
            "rules.repeated",
        ],
        alert_threshold=110,
        interdiction_threshold=110,
    ),
    Typology(
        code="typologies.structuring",
        english="One amount may have been cut in pieces",
        chinese="一筆金額可能被拆分",
        rules=["rules.structuring", "rules.young_pair", "rules.just_below", "rules.repeated"],
        alert_threshold=100,
        interdiction_threshold=100,
    ),
    Typology(
        code="typologies.mule",
        english="The account may serve to pass on somebody else's money",
        chinese="帳戶可能用於轉移他人款項",
        rules=[
            "rules.pass_through",
            "rules.passed_on",
            "rules.hardly_known",
            "rules.collecting_creditor",
            "rules.first_order_large",
        ],
        alert_threshold=100,
        interdiction_threshold=100,
    ),
    Typology(
        code="typologies.dormant_account",
        english="An account woke up to send a large amount",
        chinese="沉寂帳戶突然支付大額",
        rules=["rules.dormant_debtor", "rules.new_creditor"],
        alert_threshold=200,
        interdiction_threshold=100,
    ),
    Typology(
        code="typologies.changed_habit",
        english="A known pair, and an amount that is none of theirs",
        chinese="雙方素有往來，但金額異乎尋常",
        rules=["rules.unusual_for_pair", "rules.unusual_amount"],
        alert_threshold=120,
        interdiction_threshold=120,
    ),
]
DEFAULT_POLICY = Policy(
    factor="channel-credential",
    amounts={"large": _LARGE},
    rules=_RULES,
    typologies=_TYPOLOGIES,
    hold_hours=72,
    past_days_max=10,
    rule_set=RULE_SET,
)
