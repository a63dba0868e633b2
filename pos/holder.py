"""Whose code lies on the goods counter, and what they can spend: asked before a basket, written nowhere."""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Sql, Tx
from ledger.token_keys import KeyClass
from pos.decide import asked_of
from pos.desk import Desk, day_of
from pos.goods_rules import goods_rules
from pos.looking import check_looked, free_of_pin, label_of, look_up
from pos.passbook import Book
from pos.scan import Scan, scan_code
from pos.showing import check_card, within_member_limit
from pos.situation import look

_REDEEMED: Final = Sql(
    "SELECT wallet_owner_id FROM redemption WHERE community_id = :community_id AND ref = :ref"
    " AND terminal_id = :terminal_id AND business_date = :business_date"
)


class Shown(NamedTuple):
    """A code shown at a counter."""

    community_id: int
    terminal_id: int
    token: str
    request_id: str = ""
    ref: str = ""


class Holder(NamedTuple):
    """Amounts in units; `label` is the end of the card's number, never a name."""

    person_id: int
    owner_id: int
    label: str
    available_units: int
    pending_units: int
    owed_units: int
    pin_needed_above_units: int
    token_class: str
    is_recovering: bool


def holder_of(desk: Desk, shown: Shown, *, at: int) -> Holder:
    """Who holds a code and what they can spend; nothing is written and the code is not burned.

    Refuses: the token's refusals, token_used, card_not_active, card_replaced, terminal_revoked.
    """
    return look_up(
        desk,
        shown,
        partial(_holder, shown=shown, at=at),
        scan_with=scan_code,
        commodity_of=lambda terms: terms.shown.commodity,
        at=at,
    )


def book_of_redemption(tx: Tx, terms: Terms, terminal_id: int, ref: str, *, day: int) -> Book:
    """The passbook of whoever was handed goods under a reference, at this counter on this business date.

    Refuses: redemption_not_found.
    """
    here = terms.community.id
    row = tx.find(_REDEEMED, community_id=here, ref=ref, terminal_id=terminal_id, business_date=day)
    if row is None:
        raise Refusal("redemption_not_found")
    return Book(here, int(row.wallet_owner_id), terms.shown.commodity)


def _holder(tx: Tx, terms: Terms, scan: Scan, *, shown: Shown, at: int) -> Holder:
    day = day_of(terms, at)
    row = look(tx, asked_of(terms, goods_rules(terms, day), shown, scan, cover_id=0, day=day))
    token = check_looked(terms, scan, row)
    check_card(row, token)
    return Holder(
        person_id=int(row.person_id),
        owner_id=int(row.owner_id),
        label=label_of(tx, shown.community_id, token),
        available_units=within_member_limit(row, int(row.posted - row.held)),
        pending_units=int(row.pending_units),
        owed_units=int(row.owed),
        pin_needed_above_units=0
        if token.key_class is KeyClass.EARN
        else free_of_pin(terms, row, token),
        token_class=token.key_class.value,
        is_recovering=row.recovering_since is not None,
    )
