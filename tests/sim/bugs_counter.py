"""Bugs at the counter: sales, refunds, codes, limits. Each function plants the bug its sentence describes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ledger.book import accounts, facts, holds, posting, requests
from ledger.earning import rates
from ledger.earning.calendar import business_date
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from ledger.stock import moves
from pos import channel_refunds, decide, desk, pricing, redemption, refunds, sale_plan, situation
from pos.pricing import Member, Quote, Shop
from pos.refunds import RefundRequest
from pos.sale_rules import SaleRules
from tests.sim import till
from tests.sim.bugs_tools import instead, without
from tests.sim.witness import Ask

Patch = pytest.MonkeyPatch
Raw = sqlite3.Connection


def balance_guard_off(patch: Patch, raw: Raw) -> None:
    """The wallet's UPDATE has lost its condition, and the table its CHECK."""
    without(
        patch, posting, "_MOVE", " AND posted + :delta >= held - :captured AND held >= :captured"
    )
    raw.execute("PRAGMA ignore_check_constraints=ON")


def held_points_are_spendable(patch: Patch, raw: Raw) -> None:
    """What a payment under way has set aside still counts as available."""
    right = decide.member_of

    def member_of(rules: SaleRules, row: Row) -> Member:
        return replace(right(rules, row), available=int(row.posted))

    patch.setattr(decide, "member_of", member_of)
    without(
        patch, posting, "_MOVE", " AND posted + :delta >= held - :captured AND held >= :captured"
    )
    instead(patch, holds, "_TAKE", "posted - held >= :amount", "posted >= :amount")
    raw.execute("PRAGMA ignore_check_constraints=ON")


def new_request_id_on_retry(patch: Patch, _raw: Raw) -> None:
    """The till sends a sale whose answer it did not hear under a new id."""

    def again(self: till.Till, ask: Ask) -> Ask:
        if ask.kind != "sale" or not ask.facts.get("sent"):
            ask.facts["sent"] = True
            return ask
        request = replace(ask.facts["request"], request_id=self.street.request_id())
        anew = self._asked("sale", request, partial(till._sell, request))
        anew.facts["sent"] = True
        return anew

    patch.setattr(till.Till, "again", again)


def pool_row_lost(patch: Patch, _raw: Raw) -> None:
    """A member of a household is given a wallet of their own beside the pool."""
    instead(
        patch,
        situation,
        "_LOOK",
        "CASE WHEN :pool = 1 THEN p.household_id ELSE p.person_id END",
        "CASE WHEN :pool = 1 THEN p.person_id ELSE p.person_id END",
    )


def account_without_its_balance_row(patch: Patch, _raw: Raw) -> None:
    """A wallet is opened and its balance row is to follow with the first entry."""
    patch.setattr(accounts, "BOUNDED", frozenset())


def other_content_under_a_known_id(patch: Patch, _raw: Raw) -> None:
    """A request is known by its id alone; what it asks for is not compared."""

    def answer_of(row: Row, kind: str, body_hash: bytes) -> dict[str, Any] | None:
        del body_hash
        return right(row, kind, bytes(row.body_hash))

    right = requests.answer_of
    patch.setattr(requests, "answer_of", answer_of)


def refusal_not_remembered(patch: Patch, _raw: Raw) -> None:
    """A refusal is told and not kept: the same request may come out otherwise the next time."""
    patch.setattr(requests, "keep_refusal", lambda *_args, **_named: True)


def answer_not_remembered(patch: Patch, _raw: Raw) -> None:
    """The answer of points given by hand is not looked up: the same request gives them again, under another number."""
    from ledger.book import fund  # noqa: PLC0415 - only here

    def once(
        db: Any,
        community_id: int,
        request_id: str,
        *,
        body: Mapping[str, Any],
        at: int,
        **rest: Any,
    ) -> Any:
        again = f"{request_id}:{at}"
        named = rest | {"body": body, "at": at}
        bent = named | {"work": lambda tx: _renamed(tx, rest["work"], patch, again)}
        return requests.once(db, community_id, again, **bent)

    patch.setattr(fund, "once", once)


def _renamed(tx: Tx, work: Any, patch: Patch, request_id: str) -> Any:
    from ledger.book import fund  # noqa: PLC0415 - only here

    right = posting.post
    with patch.context() as inner:
        inner.setattr(fund, "post", lambda tx, p: right(tx, replace(p, request_id=request_id)))
        return work(tx)


def earns_on_the_offset_too(patch: Patch, _raw: Raw) -> None:
    """Points are given for the whole bill, also for the part that points paid."""
    right = pricing.quote

    def quote(rules: SaleRules, member: Member, shop: Shop, *, total_fen: int, channel: str, at: int,
              **rest: Any) -> Quote:  # fmt: skip
        found = right(rules, member, shop, total_fen=total_fen, channel=channel, at=at, **rest)
        return found._replace(
            earned=pricing.earned_for(rules, member, shop, total_fen, channel, at)
        )

    patch.setattr(decide, "quote", quote)


def points_of_the_wrong_kind(patch: Patch, _raw: Raw) -> None:
    """Civic points are booked under the number of the first point type, the party's."""
    from pos import sale_rules  # noqa: PLC0415 - only here

    desk._RULES.clear()
    patch.setattr(sale_rules, "commodity_of", lambda _scheme, _point_type: 1001)


def business_day_in_utc(patch: Patch, _raw: Raw) -> None:
    """The day ends at midnight in Greenwich."""
    right = business_date
    patch.setattr(desk, "business_date", lambda at, _zone: right(at, "UTC"))


def code_not_burned(patch: Patch, _raw: Raw) -> None:
    """A code that was used is not noted: a picture of it serves again."""
    patch.setattr(decide, "code_guards", lambda *_args, **_named: [])
    patch.setattr(redemption, "code_guards", lambda *_args, **_named: [])


def revoked_terminal_accepted(patch: Patch, _raw: Raw) -> None:
    """A tablet that was taken out of service goes on selling and taking back."""
    instead(patch, situation, "_LOOK", "t.state AS terminal_state", "'active' AS terminal_state")
    instead(patch, refunds, "_TERMINAL", "SELECT state FROM", "SELECT 'active' AS state FROM")


def lost_card_accepted(patch: Patch, _raw: Raw) -> None:
    """A card that was reported lost still works."""
    instead(patch, situation, "_LOOK", "k.state AS card_state", "'active' AS card_state")


def old_terms_kept(patch: Patch, _raw: Raw) -> None:
    """A server does not notice that an agreement has changed since it read it."""
    patch.setattr(decide, "check_version", lambda _terms, _version: None)


def locked_day_taken(patch: Patch, _raw: Raw) -> None:
    """An entry dated into a locked day is booked."""
    instead(patch, situation, "_LOOK", "d.state AS day_state", "NULL AS day_state")
    patch.setattr(refunds, "check_open", lambda *_args: None)


def cap_not_counted_back(patch: Patch, _raw: Raw) -> None:
    """What comes back still counts against the limits of its day and month."""
    patch.setattr(refunds, "_limits_back", lambda _terms, _sale, _split: [])


def cap_not_counted(patch: Patch, _raw: Raw) -> None:
    """Offsets are not counted against the month's limit."""
    right = decide._caps

    def _caps(
        rules: SaleRules, price: Quote, counts: list[facts.CapUse]
    ) -> tuple[facts.CapUse, ...]:
        return tuple(use for use in right(rules, price, counts) if not use.cap_code.startswith("O"))

    patch.setattr(decide, "_caps", _caps)


def cover_not_bound(patch: Patch, _raw: Raw) -> None:
    """A sale does not bind its yuan of the shop's reserve."""
    right = sale_plan.limit_steps

    def limit_steps(plan: sale_plan.Plan) -> list[Any]:
        return [step for step in right(plan) if step.guard != "cover"]

    from pos import charging, checkout  # noqa: PLC0415 - only here

    patch.setattr(checkout, "limit_steps", limit_steps)
    patch.setattr(charging, "limit_steps", limit_steps)


def refund_without_clawback(patch: Patch, _raw: Raw) -> None:
    """Goods come back, and the points they earned stay."""
    right = refunds.split_of

    def split_of(sale: Row, refund_fen: int) -> rates.RefundSplit:
        return replace(right(sale, refund_fen), earned_reversed_units=0)

    patch.setattr(refunds, "split_of", split_of)
    patch.setattr(channel_refunds, "split_of", split_of)


def refund_twice(patch: Patch, _raw: Raw) -> None:
    """A refund does not look at what was refunded before."""
    instead(
        patch, refunds, "SALE", "earned_units, refunded_fen,", "earned_units, 0 AS refunded_fen,"
    )
    without(patch, refunds, "_COUNT_BACK", " AND refunded_fen = :seen")


def refund_of_another_shop(patch: Patch, _raw: Raw) -> None:
    """A shop takes back what another one sold."""
    right = refunds.find_sale

    def find_sale(tx: Tx, terms: Terms, request: RefundRequest) -> Row:
        try:
            return right(tx, terms, request)
        except Refusal as refusal:
            if refusal.code != "sale_of_other_shop":
                raise
            return tx.get(refunds.SALE, community_id=request.community_id, ref=request.original_ref)

    patch.setattr(refunds, "find_sale", find_sale)
    patch.setattr(channel_refunds, "find_sale", find_sale)


def refunded_offset_rounded_up(patch: Patch, _raw: Raw) -> None:
    """The offset's share of what comes back is rounded up to the next fen."""
    right = rates._returned

    def _returned(
        total_fen: int, offset_fen: int, offset_units: int, earned_units: int, refunded: int
    ) -> Any:
        found = right(total_fen, offset_fen, offset_units, earned_units, refunded)
        more = 1 if total_fen and offset_fen * refunded % total_fen else 0
        return replace(
            found,
            offset_fen=found.offset_fen + more,
            units_back=found.units_back + 20 * more,
            cash_fen=found.cash_fen - more,
        )

    patch.setattr(rates, "_returned", _returned)


def refund_counted_from_its_own_part(patch: Patch, _raw: Raw) -> None:
    """Each part that comes back is floored by itself, so the parts do not add up to the whole."""

    def refund_split(**sale: int) -> rates.RefundSplit:
        part = rates._returned(
            sale["total_fen"],
            sale["offset_fen"],
            sale["offset_units"],
            sale["earned_units"],
            sale["refund_fen"],
        )
        left = sale["total_fen"] - sale["refunded_before_fen"]
        if not 0 < sale["refund_fen"] <= left:
            return right(**sale)
        return part

    right = rates.refund_split
    patch.setattr(refunds, "refund_split", refund_split)


def stock_not_counted_down(patch: Patch, _raw: Raw) -> None:
    """Goods leave the shelf and the book does not notice."""
    instead(patch, moves, "_HAND_OUT", "stock = stock - :quantity", "stock = stock - :quantity * 0")


def spending_limit_forgotten(patch: Patch, _raw: Raw) -> None:
    """What is spent is not counted against the day's sum of the person."""
    patch.setattr(decide, "spending_counts", lambda *_args, **_named: [])
