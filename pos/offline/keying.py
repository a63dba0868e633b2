"""A sale typed in from its paper slip, since the till that made it lost its store: under the slip's own number."""

from __future__ import annotations

from functools import partial
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book import requests
from ledger.book.facts import Use
from ledger.book.steps import apply
from ledger.clock import SECOND_US
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id
from ledger.members import cards
from ledger.members.kin import check_stands_apart, household_of
from ledger.members.terms import Terms
from ledger.offline.policy import Policy
from ledger.offline.shops import decisions
from ledger.refs import make_reference, read_reference
from ledger.sql import Tx
from ledger.token_keys import KeyClass
from ledger.tokens import Token
from pos.cover import CoverLowError, fill_cover
from pos.decide import SaleRequest, open_shop_accounts
from pos.desk import TRIES, Desk, StaleTermsError, day_of, open_member_accounts, rules_on
from pos.notices import KEYED, tell_step
from pos.offline import store
from pos.offline.deciding import Late
from pos.offline.intake import book, open_loss_account
from pos.offline.store import Seen
from pos.scan import Scan
from pos.showing import NoAccountsError

_FOR_EVER_S: Final = 2**32 - 1
_CENTURY: Final = 20_000_000
_KINDS: Final = ("till", "paper")
NO_SLIP: Final = "no_slip"
"""The code of a number that nobody has a slip for: looked for, and given up with a reason."""


class Slip(NamedTuple):
    """What stands on the slip: its number, the card's, amounts in fen and units, and when (microseconds UTC)."""

    terminal_id: int
    ref: str
    card_number: str
    total_fen: int
    offset_units: int
    channel: str
    sold_at: int


def key_in(desk: Desk, community_id: int, slip: Slip, *, by: By, at: int) -> dict[str, Any]:
    """Book a sale from its slip, once for each slip number; a late upload of the same entry is answered from it.

    The limits are those the shop had when it sold. Refuses ref_bad, ref_taken, card_number_bad, card_not_found,
    request_id_reused (the same slip with other figures), slip_number_used (the same paper slip on another day),
    own_household, own_kin, the refusals of `pos.offline.deciding.decide`, slip_time_bad, offline_fund_empty and
    busy_try_again; nothing is kept of a refusal, so that a slip misread can be typed again. The holder is told.
    """
    terms = desk.terms_with(community_id, slip.terminal_id)
    day = _day_of_slip(terms, slip, at=at)
    for _ in range(TRIES):
        request = _request(terms, slip)
        open_shop_accounts(desk, terms, slip.terminal_id, at=at)
        open_loss_account(desk, request, at=at)
        try:
            return desk.db.write(
                partial(
                    _key_in, desk, terms=terms, slip=slip, request=request, day=day, by=by, at=at
                )
            )
        except StaleTermsError:
            terms = desk.refresh(community_id)
        except NoAccountsError as missing:
            commodity = rules_on(terms, day_of(terms, at)).commodity
            open_member_accounts(desk.db, community_id, missing.owner_id, commodity, at=at)
        except CoverLowError as low:
            try:
                fill_cover(desk, terms, low, at=at, promised=True)
            except Refusal as refusal:
                raise Refusal("offline_fund_empty") from refusal
        except GuardMissedError:
            continue
    raise Refusal("busy_try_again")


def give_up(
    tx: Tx, terms: Terms, terminal_id: int, counter: int, *, why: str, by: By, at: int
) -> None:
    """Note that nobody has a slip of this number: it stops standing among the missing ones. Nothing is booked.

    Refuses why_missing, terminal_not_found.
    """
    if not why.strip():
        raise Refusal("why_missing")
    terminal = terms.terminal(terminal_id)
    here, day = terms.community.id, day_of(terms, at)
    request = SaleRequest(
        community_id=here,
        terminal_id=terminal_id,
        clerk_id=None,
        request_id=derived_request_id("no slip", here, terminal_id, counter),
        counter=counter,
        ref=make_reference(terminal.code, day, counter),
        token="",
        total_fen=0,
        offset_units=0,
        channel="cash",
        payment_ref=None,
        pin=None,
        occurred_at=at,
    )
    step = store.keep_step(
        Late(request, None, at, by.id),
        terminal.merchant_id,
        Seen(),
        None,
        person_id=None,
        business_date=0,
        code=NO_SLIP,
        at=at,
    )
    if tx.run(step.sql, **step.params):
        facts: audit.Facts = {"counter": counter, "why": why.strip()}
        audit.record(
            tx, here, by, "terminal.no_slip", f"terminal:{terminal_id}", at=at, after=facts
        )


def _key_in(
    desk: Desk,
    tx: Tx,
    *,
    terms: Terms,
    slip: Slip,
    request: SaleRequest,
    day: int,
    by: By,
    at: int,
) -> dict[str, Any]:
    here = request.community_id
    card = cards.get_by_number(tx, here, slip.card_number)
    home = None if card.person_id is None else household_of(tx, here, card.person_id)
    if home is not None:
        check_stands_apart(tx, here, by.id, home)
    if _is_paper(terms, slip):
        other = store.keyed_under(tx, here, slip.terminal_id, request.counter)
        if other is not None and other.ref != slip.ref:
            raise Refusal("slip_number_used", ref=other.ref)
    sold_s = slip.sold_at // SECOND_US
    token = Token(0, KeyClass.CARD, card.serial, card.issue, sold_s, _FOR_EVER_S)
    scan = Scan(Use(0, card.serial, sold_s, card.issue), token, None)
    late = Late(request, _policy_then(tx, terms, slip, day), slip.sold_at, by.id)
    body_hash = requests.hash_of(request.body())
    is_new = requests.find_kept(tx, here, request.request_id) is None
    answer = book(desk, tx, terms, late, scan, body_hash, at=at)
    if is_new:
        facts: audit.Facts = {"ref": slip.ref, "total_fen": slip.total_fen}
        audit.record(
            tx, here, by, "terminal.key_slip", f"terminal:{slip.terminal_id}", at=at, after=facts
        )
        if card.person_id is not None:
            figures = {"fen": slip.total_fen, "units": slip.offset_units}
            apply(tx, [tell_step(here, card.person_id, KEYED, slip.ref, at=at, **figures)])
    return answer


def _is_paper(terms: Terms, slip: Slip) -> bool:
    return terms.terminal(slip.terminal_id).kind == "paper"


def _request(terms: Terms, slip: Slip) -> SaleRequest:
    ref = read_reference(slip.ref)
    if ref is None:
        raise Refusal("ref_bad")
    community_id = terms.community.id
    # A printed slip has a number and no date: whatever day is typed with it, it is one sale.
    name = str(ref.counter) if _is_paper(terms, slip) else slip.ref
    return SaleRequest(
        community_id=community_id,
        terminal_id=slip.terminal_id,
        clerk_id=None,
        request_id=derived_request_id("slip", community_id, slip.terminal_id, name),
        counter=ref.counter,
        ref=slip.ref,
        token=slip.card_number,
        total_fen=slip.total_fen,
        offset_units=slip.offset_units,
        channel=slip.channel,
        payment_ref=None,
        pin=None,
        occurred_at=slip.sold_at,
        offline_policy="",
    )


def _day_of_slip(terms: Terms, slip: Slip, *, at: int) -> int:
    """The business date in the slip's number, whose escrow counts (yyyymmdd); refuses ref_bad, slip_time_bad."""
    ref = read_reference(slip.ref)
    if ref is None:
        raise Refusal("ref_bad")
    day = _CENTURY + int(ref.yymmdd)
    if slip.sold_at > at or day_of(terms, slip.sold_at) != day:
        raise Refusal("slip_time_bad")
    return day


def _policy_then(tx: Tx, terms: Terms, slip: Slip, day: int) -> Policy:
    """The limits the shop had when it sold, by the newest decision before; the day is the one in the slip's number.

    None at all where points are not taken without network: at a counter, and at a shop that took no points that day.
    """
    here, chosen = terms.community.id, terms.settings
    terminal = terms.terminal(slip.terminal_id)
    shop = terminal.merchant_id
    agreement = terms.agreement_on(shop, day)
    takes = agreement is not None and "offset" in agreement.roles
    then = [
        int(row.terminal_units)
        for row in decisions(tx, here)
        if int(row.merchant_id) == shop and int(row.decided_at) <= slip.sold_at
    ]
    units = then[0] if then and takes and terminal.kind in _KINDS else 0
    return Policy(
        here,
        slip.terminal_id,
        day,
        slip.sold_at,
        slip.sold_at,
        units,
        min(units, chosen.offline_card_day_units),
        min(units, chosen.offline_sale_units),
    )
