"""Whose code lies on the goods counter, and what they can spend: asked before a basket, written nowhere."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Sql, Tx
from ledger.token_keys import KeyClass
from ledger.tokens import Token
from pos.decide import asked_of
from pos.desk import Desk, StaleTermsError, check_version, day_of, open_member_accounts
from pos.goods_rules import goods_rules
from pos.passbook import Book
from pos.scan import Scan, scan_code
from pos.showing import NoAccountsError, check_card, within_member_limit
from pos.situation import look

_CARD: Final = Sql(
    "SELECT number FROM card WHERE community_id = :community_id AND serial = :serial"
)
_REDEEMED: Final = Sql(
    "SELECT wallet_owner_id FROM redemption WHERE community_id = :community_id AND ref = :ref"
    " AND terminal_id = :terminal_id AND business_date = :business_date"
)
_TRIES: Final = 3


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
    terms = desk.terms_with(shown.community_id, shown.terminal_id)
    for _ in range(_TRIES):
        scan = scan_code(terms, shown.token, at=at)
        try:
            with desk.db.read() as tx:
                return _holder(tx, terms, shown, scan, at=at)
        except StaleTermsError:
            terms = desk.refresh(shown.community_id)
        except NoAccountsError as missing:
            open_member_accounts(
                desk.db, shown.community_id, missing.owner_id, terms.shown.commodity, at=at
            )
    raise Refusal("busy_try_again")


def book_of_redemption(tx: Tx, terms: Terms, terminal_id: int, ref: str, *, day: int) -> Book:
    """The passbook of whoever was handed goods under a reference, at this counter on this business date.

    Refuses: redemption_not_found.
    """
    here = terms.community.id
    row = tx.find(_REDEEMED, community_id=here, ref=ref, terminal_id=terminal_id, business_date=day)
    if row is None:
        raise Refusal("redemption_not_found")
    return Book(here, int(row.wallet_owner_id), terms.shown.commodity)


def _holder(tx: Tx, terms: Terms, shown: Shown, scan: Scan, *, at: int) -> Holder:
    day = day_of(terms, at)
    row = look(tx, asked_of(terms, goods_rules(terms, day), shown, scan, cover_id=0, day=day))
    check_version(terms, int(row.config_version))
    if row.terminal_state != "active":
        raise Refusal("terminal_revoked")
    token = scan.believed()
    if row.token_used_at is not None and token.is_single_use:
        raise Refusal("token_used", used_at=int(row.token_used_at))
    check_card(row, token)
    number = tx.get(_CARD, community_id=shown.community_id, serial=token.serial).number
    return Holder(
        person_id=int(row.person_id),
        owner_id=int(row.owner_id),
        label=number.replace("-", "")[-4:],
        available_units=within_member_limit(row, int(row.posted - row.held)),
        pending_units=int(row.pending_units),
        owed_units=int(row.owed),
        pin_needed_above_units=_free_of_pin(terms, row, token),
        token_class=token.key_class.value,
        is_recovering=row.recovering_since is not None,
    )


def _free_of_pin(terms: Terms, row: Row, token: Token) -> int:
    if token.key_class is KeyClass.EARN:
        return 0
    free = terms.limits(is_code=token.is_single_use).free_units
    return max(0, free - int(row.without_pin_day or 0))
