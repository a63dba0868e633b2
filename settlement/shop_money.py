"""A shop's money: what it is owed in all, what of it waits and why, what can be paid, and the rules of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.book.offsets import settled_since
from ledger.book.shops import authorised_for
from ledger.earning.calendar import day_from_key, day_key
from ledger.errors import GuardMissedError, Refusal
from ledger.members import settings
from ledger.members.merchants import get_merchant
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement.available import Rule, ShopMoney, share_out
from settlement.dispute_store import held_by_disputes
from settlement.effects import today_of
from settlement.payout_store import payouts_of_statement
from settlement.statements import Statement, rows_of
from settlement.watch_run import held_for_review

MOST_RISK_DAYS: Final = 60
MOST_LEAST_FEN: Final = 1_000_000

_RULE: Final = Sql(
    "SELECT rule_no, risk_days, least_fen FROM payment_rule WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND set_at <= :at ORDER BY rule_no DESC LIMIT 1"
)
_KEEP: Final = Sql(
    "INSERT INTO payment_rule (community_id, claimant_id, rule_no, risk_days, least_fen, why,"
    " set_by, set_at) SELECT :community_id, :claimant_id, coalesce(max(rule_no), 0) + 1, :risk_days,"
    " :least_fen, :why, :by_id, :at FROM payment_rule WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id"
)
_IN_PAYOUT: Final = Sql(
    "SELECT coalesce(sum(amount_fen), 0) AS fen FROM payout WHERE community_id = :community_id"
    " AND claimant_id = :claimant_id AND state IN ('proposed', 'approved', 'failed', 'returned')"
)
_DISPUTED_AT: Final = Sql(
    "SELECT coalesce(sum(s.fen), 0) AS fen FROM dispute d JOIN dispute_step s"
    " ON s.community_id = d.community_id AND s.dispute_id = d.dispute_id AND s.step_no = 1"
    " WHERE d.community_id = :community_id AND d.claimant_id = :claimant_id AND d.raised_at <= :at"
    " AND NOT EXISTS (SELECT 1 FROM dispute_step r WHERE r.community_id = d.community_id"
    "  AND r.dispute_id = d.dispute_id AND r.state IN ('upheld', 'rejected', 'split', 'final')"
    "  AND r.at <= :at)"
)
_LAST: Final = 2**62


def set_rule(
    tx: Tx,
    community_id: int,
    claimant_id: int,
    *,
    risk_days: int | None,
    least_fen: int | None,
    why: str,
    by: By,
    at: int,
) -> Rule:
    """Say for one shop how many days its money waits and the least that is paid (fen); None follows the settings.

    Refuses: why_missing, merchant_not_found, payment_rule_bad.
    """
    if not why.strip():
        raise Refusal("why_missing")
    get_merchant(tx, community_id, claimant_id)
    if not 0 <= (risk_days or 0) <= MOST_RISK_DAYS or not 0 <= (least_fen or 0) <= MOST_LEAST_FEN:
        raise Refusal("payment_rule_bad", most=MOST_RISK_DAYS, most_fen=MOST_LEAST_FEN)
    here = {"community_id": community_id, "claimant_id": claimant_id}
    kept = tx.run(
        _KEEP, **here, risk_days=risk_days, least_fen=least_fen, why=why, by_id=by.id, at=at
    )
    if kept != 1:
        raise GuardMissedError("payment_rule")
    facts: audit.Facts = {"risk_days": risk_days, "least_fen": least_fen}
    subject = f"merchant:{claimant_id}"
    audit.record(tx, community_id, by, "merchant.payment_rule", subject, at=at, after=facts)
    return rule_of(tx, community_id, claimant_id)


def rule_of(tx: Tx, community_id: int, claimant_id: int, *, at: int = _LAST) -> Rule:
    """The rule by which a shop is paid, as it was in force at `at`.

    A shop that has left is paid whatever is left, however little.
    """
    own = tx.find(_RULE, community_id=community_id, claimant_id=claimant_id, at=at)
    chosen = settings.in_force(tx, community_id, at=at)
    risk = own.risk_days if own is not None else None
    least = own.least_fen if own is not None else None
    return Rule(
        risk_days=chosen.risk_days if risk is None else int(risk),
        least_fen=chosen.payout_least_fen if least is None else int(least),
    )


def money_of(tx: Tx, community_id: int, claimant_id: int, *, today: int) -> ShopMoney:
    """What a shop is owed and what of it can be paid on business date `today` (yyyymmdd)."""
    rule = rule_of(tx, community_id, claimant_id)
    if get_merchant(tx, community_id, claimant_id).state == "left":
        rule = rule._replace(least_fen=0)
    # Zero days: nothing waits. One day: what a night settled today is available tomorrow.
    since = day_key(day_from_key(today) - timedelta(days=rule.risk_days))
    lately = settled_since(tx, community_id, claimant_id, since) if rule.risk_days else 0
    payable = account_sum(tx, community_id, Account.PAYABLE, CNY, claimant_id)
    disputed = held_by_disputes(tx, community_id, claimant_id)[0]
    # What somebody still has to look at waits too, as far as there is anything to pay.
    review = min(held_for_review(tx, community_id, claimant_id), max(payable - disputed, 0))
    return share_out(
        payable_fen=payable,
        unsettled_fen=authorised_for(tx, community_id, claimant_id),
        disputed_fen=disputed + review,
        settled_lately_fen=lately,
        in_payout_fen=int(
            tx.get(_IN_PAYOUT, community_id=community_id, claimant_id=claimant_id).fen
        ),
        rule=rule,
    )


class Unpaid(NamedTuple):
    """What is not paid yet of a statement, in fen; each fen of `rest_fen` is named once by the amounts behind it.

    `payable_fen` can be proposed now. Held: `disputed_fen` in lines objected to, `review_fen` that wait for a look,
    `recent_fen` younger than the risk days, `small_fen` below `least_fen`.
    """

    statement_id: int
    claimant_id: int
    month: int
    rest_fen: int
    payable_fen: int
    disputed_fen: int = 0
    review_fen: int = 0
    recent_fen: int = 0
    small_fen: int = 0
    risk_days: int = 0
    least_fen: int = 0
    stop: str = ""
    """What else keeps it from being proposed, by its refusal: payout_waiting, payout_stopped, heirs_account_missing."""

    @property
    def is_open(self) -> bool:
        """Whether it can be proposed now."""
        return self.payable_fen > 0 and not self.stop

    @property
    def held_fen(self) -> int:
        """What of the rest cannot be proposed now."""
        return self.rest_fen - self.payable_fen


def unpaid_of(tx: Tx, community_id: int, statement: Statement, *, at: int) -> Unpaid:
    """What is not paid yet of a statement, what of it can be paid now, and what holds the rest."""
    shop = statement.claimant_id
    sent = sum(
        p.amount_fen
        for p in payouts_of_statement(tx, community_id, statement.statement_id)
        if p.state != "cancelled"
    )
    own, _ = held_by_disputes(tx, community_id, shop, statement_id=statement.statement_id)
    money = money_of(tx, community_id, shop, today=today_of(tx, community_id, at=at))
    owed = money.total_fen - money.unsettled_fen - money.in_payout_fen
    rest = max(min(statement.payable_fen - sent, owed), 0)
    free = max(min(statement.payable_fen - sent - own, money.available_fen, rest), 0)
    payable = free if free >= money.least_fen else 0
    held = rest - free
    # What is held is at most what waits of the shop; a fen that waits for two reasons is named by the first.
    everyone, _ = held_by_disputes(tx, community_id, shop)
    disputed = min(everyone, held)
    review = min(money.disputed_fen - everyone, held - disputed)
    recent = min(money.recent_fen, held - disputed - review)
    return Unpaid(
        statement.statement_id,
        shop,
        statement.month,
        rest,
        payable,
        disputed,
        review,
        recent,
        free - payable,
        money.risk_days,
        money.least_fen,
    )


def payable_now(tx: Tx, community_id: int, statement: Statement, *, at: int) -> int:
    """What of a statement can be paid now, in fen: neither its lines in dispute nor what is too recent.

    Refuses: nothing_to_pay, payout_held (all of it waits, with what it waits for), payout_under_least.
    """
    found = unpaid_of(tx, community_id, statement, at=at)
    if found.payable_fen > 0:
        return found.payable_fen
    if found.small_fen:
        raise Refusal("payout_under_least", amount_fen=found.small_fen, least_fen=found.least_fen)
    if not found.held_fen:
        raise Refusal("nothing_to_pay")
    raise Refusal(
        "payout_held",
        held_fen=found.held_fen,
        disputed_fen=found.disputed_fen,
        review_fen=found.review_fen,
        recent_fen=found.recent_fen,
    )


def money_at_issue(tx: Tx, community_id: int, statement: Statement) -> ShopMoney:
    """What of a statement's sum waited when it was issued; read from what never changes, so it is the same for ever."""
    shop, at = statement.claimant_id, statement.issued_at
    rule = rule_of(tx, community_id, shop, at=at)
    since = day_key(day_from_key(statement.last_date) - timedelta(days=rule.risk_days))
    lately = sum(
        row.settled_fen
        for row in rows_of(tx, community_id, statement.statement_id)
        if row.section == "day" and row.business_date > since
    )
    return share_out(
        payable_fen=statement.payable_fen,
        unsettled_fen=0,
        disputed_fen=int(
            tx.get(_DISPUTED_AT, community_id=community_id, claimant_id=shop, at=at).fen
        ),
        settled_lately_fen=lately if rule.risk_days else 0,
        in_payout_fen=0,
        rule=rule,
    )
