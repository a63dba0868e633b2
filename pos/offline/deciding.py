"""What becomes of a sale that a till decided without the server: booked, booked with a debt, a loss, or refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, NamedTuple

from ledger.clock import SECOND_US
from ledger.earning.rates import check_offset, offset_fen
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.offline import card_life
from ledger.offline.policy import Policy, Spend, check_spend
from ledger.offline.shops import TERMINAL_CAP, card_cap, spare_cap, used_units
from ledger.refs import read_reference
from ledger.sql import Row, Sql, Tx
from ledger.tokens import Token
from ledger.units import MOST_FEN
from pos.decide import SaleRequest, member_of, shop_on
from pos.desk import day_of
from pos.pricing import Earned, Quote, earned_for
from pos.sale_rules import SaleRules
from pos.showing import NoAccountsError

BOOKED: Final = "booked"
SHORT: Final = "short"
"""The wallet lacked points: the shop is paid, the holder owes them."""
LOSS: Final = "loss"
"""The card was reported lost since the till's last sync: the shop is paid, the community bears it."""
TWICE: Final = "twice"
"""A spare code another till had taken before: the shop is paid, the community bears it, the holder pays once."""
REFUSED: Final = "refused"

BORNE: Final = frozenset({LOSS, TWICE})
"""Nothing of it is the holder's: the points come from the community, and none are earned."""

_DAY_US: Final = 86_400 * SECOND_US

_REVOKED: Final = Sql(
    "SELECT revoked_at FROM terminal WHERE community_id = :community_id AND terminal_id = :terminal_id"
)

_FIRST_USE: Final = Sql(
    "SELECT terminal_id, outcome FROM token_use WHERE community_id = :community_id AND kid = :kid AND serial = :serial"
    " AND issued_at_s = :issued_at_s AND sequence = :sequence"
)


class Late(NamedTuple):
    """One offline sale under way: the policy it was made under (None: the till had none), and when it was made.

    `sold_at` is the till's own time, never after the server's; `keyed_by` is who typed it from a slip, or 0.
    """

    request: SaleRequest
    policy: Policy | None
    sold_at: int
    keyed_by: int = 0


class Decided(NamedTuple):
    """What it comes to: how it ends, its price, and the units the wallet has not got."""

    state: str
    price: Quote
    lacked_units: int


def decide(tx: Tx, terms: Terms, rules: SaleRules, late: Late, token: Token, row: Row) -> Decided:
    """Decide one offline sale on what one look at the book said (`row`).

    Refuses what a till that kept to what it was told would not have sold: terminal_revoked, ref_bad, token_used,
    card_not_active, card_replaced, token_earn_only, amount_wrong, the refusals of `ledger.offline.policy.check_spend`
    and of `ledger.earning.rates.check_offset`. Raises NoAccountsError before the member's first entry.
    """
    request = late.request
    _check_terminal(tx, row, late)
    _check_ref(terms, late)
    if not 0 < request.total_fen <= MOST_FEN:
        raise Refusal("amount_wrong")
    is_twice = _is_twice(tx, late, token, row)
    state = _card(tx, late, token, row)
    units = request.offset_units
    if units:
        _check_limits(tx, rules, late, token)
    if is_twice:
        state = TWICE
    off = offset_fen(rules.offset, units)
    price = Quote(units, off, request.total_fen - off, _earned(terms, rules, late, row, state))
    if state in BORNE:
        return Decided(state, price, units)
    lacked = max(0, units - int(row.posted - row.held))
    return Decided(SHORT if lacked else BOOKED, price, lacked)


def _is_twice(tx: Tx, late: Late, token: Token, row: Row) -> bool:
    """Whether another till took this spare code first, which this one could not know; refuses token_used otherwise.

    A till keeps the codes it took until they end, so the same till could have known. One that was refused elsewhere
    was never paid with: this is its first use.
    """
    if not token.is_single_use or row.token_used_at is None:
        return False
    if token.is_spare and late.request.offset_units:
        first = tx.get(
            _FIRST_USE,
            community_id=late.request.community_id,
            kid=token.kid,
            serial=token.serial,
            issued_at_s=token.issued_at_s,
            sequence=token.issue,
        )
        if first.outcome == "refused":
            return False
        if int(first.terminal_id) != late.request.terminal_id:
            return True
    raise Refusal("token_used", used_at=int(row.token_used_at))


def _check_terminal(tx: Tx, row: Row, late: Late) -> None:
    """A till that was taken out of service is believed for what it sold before, and for nothing after."""
    if row.terminal_state == "active":
        return
    asked = {"community_id": late.request.community_id, "terminal_id": late.request.terminal_id}
    found = tx.find(_REVOKED, **asked)
    if found is None or found.revoked_at is None or late.sold_at >= int(found.revoked_at):
        raise Refusal("terminal_revoked")


def _check_ref(terms: Terms, late: Late) -> None:
    """The number on the slip is this till's, and of the day it was sold on; next to midnight clocks may differ."""
    request = late.request
    ref = read_reference(request.ref)
    code = terms.terminal(request.terminal_id).code
    if ref is None or ref.terminal_code != code or ref.counter != request.counter:
        raise Refusal("ref_bad")
    around = (request.occurred_at + step * _DAY_US for step in (-1, 0, 1))
    if ref.yymmdd not in {f"{day_of(terms, at) % 1_000_000:06d}" for at in around}:
        raise Refusal("ref_bad")


def _card(tx: Tx, late: Late, token: Token, row: Row) -> str:
    """How the card decides: BOOKED where it was good when shown, LOSS where the till could not know that it was not."""
    current = token.is_single_use or token.issue == row.card_issue
    is_good = row.card_state == "active" and row.person_state == "active" and current
    if not is_good:
        is_unknown = row.person_id is None or row.person_state != "active"
        if is_unknown or (token.is_single_use and not token.is_spare):
            raise Refusal("card_not_active", state=row.card_state or "unknown")
        life = card_life.life_of(tx, late.request.community_id, token.serial)
        told_at = late.sold_at if late.policy is None else late.policy.issued_at
        issue = None if token.is_spare else token.issue
        died_at = card_life.dead_since(life, issue, told_at=told_at)
        if died_at is None:
            raise (
                Refusal("card_replaced")
                if not current
                else Refusal("card_not_active", state=row.card_state)
            )
        if late.request.offset_units and late.sold_at >= died_at:
            _check_accounts(row)
            return LOSS
    _check_accounts(row)
    return BOOKED


def _check_accounts(row: Row) -> None:
    if row.wallet_id is None or row.owed_id is None or row.pending_id is None:
        raise NoAccountsError(int(row.owner_id))


def _check_limits(tx: Tx, rules: SaleRules, late: Late, token: Token) -> None:
    """The limits the till was told, and those of the published rules that it knew; the month's is not among them."""
    request, policy = late.request, late.policy
    if policy is None:
        raise Refusal("offline_no_spending")
    here, till = request.community_id, request.terminal_id
    spend = Spend(
        request.offset_units,
        token.key_class.value,
        late.sold_at,
        used_units(tx, here, till, card_cap(token.serial), policy.day),
        used_units(tx, here, till, TERMINAL_CAP, policy.day),
        used_units(tx, here, till, spare_cap(token.serial), policy.day) if token.is_spare else 0,
    )
    check_spend(policy, spend)
    check_offset(
        rules.offset, bill_fen=request.total_fen, units=request.offset_units, month_used_units=0
    )


def _earned(terms: Terms, rules: SaleRules, late: Late, row: Row, state: str) -> Earned:
    """Points for what was paid; none for whoever holds a card that is reported lost, or somebody's used code."""
    if state in BORNE:
        return Earned(0, "card_reported" if state == LOSS else "code_used")
    request = late.request
    shop_id = terms.terminal(request.terminal_id).merchant_id
    # The pause between visits is asked of visits before this one: one that came first by network may be later by time.
    member = member_of(rules, row)
    if member.last_visit_at >= late.sold_at:
        member = replace(member, last_visit_at=0)
    off = offset_fen(rules.offset, request.offset_units)
    return earned_for(
        rules,
        member,
        shop_on(terms, rules, shop_id, late_day(terms, late)),
        request.total_fen - off,
        request.channel,
        late.sold_at,
    )


def late_day(terms: Terms, late: Late) -> int:
    """The business date on which it was sold (yyyymmdd): whose limits it counts against, whenever it comes."""
    return day_of(terms, late.sold_at)
