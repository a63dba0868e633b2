"""A code shown at a terminal: the checks every act begins with, the day's sums, and what showing it uses up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ledger.book.facts import CapUse, Use, burn_step, pause_step
from ledger.book.steps import Step
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.households import limits
from ledger.members.carers import counter_of
from ledger.members.terms import Terms
from ledger.refs import read_reference
from ledger.sql import Row
from ledger.token_keys import KeyClass
from ledger.tokens import Token


class NoAccountsError(Exception):
    """The member's accounts have not been opened yet."""

    def __init__(self, owner_id: int) -> None:
        """Name the wallet's owner."""
        super().__init__(owner_id)
        self.owner_id = owner_id


class AtTerminal(Protocol):
    """What any request made at a terminal says of itself."""

    @property
    def community_id(self) -> int:
        """The community asked."""
        ...

    @property
    def terminal_id(self) -> int:
        """The terminal asking."""
        ...

    @property
    def request_id(self) -> str:
        """The request's own id."""
        ...

    @property
    def ref(self) -> str:
        """The reference the terminal gave it."""
        ...

    @property
    def counter(self) -> int:
        """The terminal's running number in that reference."""
        ...


@dataclass(frozen=True, slots=True)
class Showing:
    """One showing: who asks, the believed code, what one look at the book said, when and on which business date."""

    terms: Terms
    request: AtTerminal
    token: Token
    row: Row
    at: int
    day: int

    @property
    def kind(self) -> str:
        """`code` for what works once, `card` for a printed one: their day's sums are counted apart."""
        return "code" if self.token.is_single_use else "card"


def check_book_whole(row: Row, occurred_at: int, *, debits: bool) -> None:
    """Refuse what must wait while acknowledged entries are missing from the book (see `ledger.recovery`).

    Refuses: recovery_wait (asked before the loss: its own till may still tell how it ended), recovery_no_spending.
    """
    if row.recovering_since is None:
        return
    if occurred_at < row.recovering_since:
        raise Refusal("recovery_wait")
    if debits:
        raise Refusal("recovery_no_spending")


def check_showing(showing: Showing, *, debits: bool) -> None:
    """Refuse what no act may go on with; `debits`: points are about to be taken.

    Refuses: terminal_revoked, ref_bad, ref_taken, token_used, card_not_active, card_replaced, card_too_soon,
    token_earn_only, period_locked. Raises NoAccountsError before the member's first entry.
    """
    row, token = showing.row, showing.token
    if row.terminal_state != "active":
        raise Refusal("terminal_revoked")
    _check_ref(showing)
    if row.token_used_at is not None and token.is_single_use:
        raise Refusal("token_used", used_at=int(row.token_used_at))
    check_card(row, token)
    if debits:
        _check_debit(showing)
    if row.day_state == "locked":
        raise Refusal("period_locked", business_date=showing.day)


def check_card(row: Row, token: Token) -> None:
    """Refuse a card nobody holds, one that is lost or suspended, an older issue, or a member who left."""
    if row.card_state != "active" or row.person_state != "active":
        raise Refusal("card_not_active", state=row.card_state or "unknown")
    if not token.is_single_use and token.issue != row.card_issue:
        raise Refusal("card_replaced")
    if row.wallet_id is None or row.owed_id is None or row.pending_id is None:
        raise NoAccountsError(int(row.owner_id))


def spending_counts(showing: Showing, units: int, *, pin_ok: bool) -> list[CapUse]:
    """The sums that `units` count against; refuses spent_day_cap, pin_needed, carer_day_cap and member_limit.

    A certificate's points were set aside and counted at the desk, with the resident there.
    """
    if showing.token.key_class is KeyClass.CRT:
        return []
    terms, row, kind = showing.terms, showing.row, showing.kind
    token = showing.token
    most, free = terms.limits(is_code=token.is_single_use, is_spare=token.is_spare)
    if int(row.spent_day or 0) + units > most:
        raise Refusal("spent_day_cap", limit_units=terms.said(most))
    counts = [CapUse(f"spent_{kind}", showing.day, units, most)]
    if not pin_ok:
        if int(row.without_pin_day or 0) + units > free:
            raise Refusal("pin_needed", limit_units=terms.said(free))
        counts.append(CapUse(f"without_pin_{kind}", showing.day, units, free))
    return [*counts, *_carer_counts(showing, units), *_member_counts(showing, units)]


def _carer_counts(showing: Showing, units: int) -> list[CapUse]:
    """What a carer's card may spend in a day, PIN or not; refuses carer_day_cap."""
    row = showing.row
    if row.carer_units is None:
        return []
    limit, used = int(row.carer_units), int(row.carer_day or 0)
    if used + units > limit:
        said = showing.terms.said
        raise Refusal("carer_day_cap", left_units=said(max(0, limit - used)))
    return [CapUse(counter_of(showing.token.serial), showing.day, units, limit)]


def _member_counts(showing: Showing, units: int) -> list[CapUse]:
    """What the head of the household lets this member take from the pool in a month; refuses member_limit."""
    row = showing.row
    if row.member_limit is None:
        return []
    limit, used = int(row.member_limit), int(row.member_month or 0)
    if used + units > limit:
        said = showing.terms.said
        raise Refusal(
            "member_limit", left_units=said(max(0, limit - used)), asked_units=said(units)
        )
    return [CapUse(limits.CAP, showing.day // 100, units, limit)]


def within_member_limit(row: Row, available: int) -> int:
    """Of `available` units what may still be taken: from the pool this month, and with a carer's card today."""
    if row.carer_units is not None:
        available = min(available, max(0, int(row.carer_units) - int(row.carer_day or 0)))
    if row.member_limit is None:
        return available
    return min(available, max(0, int(row.member_limit) - int(row.member_month or 0)))


def code_guards(showing: Showing, use: Use, *, debits: bool) -> list[Step]:
    """What showing the code uses up: a single-use code itself, a printed card's pause after a debit."""
    request = showing.request
    if showing.token.is_single_use:
        return [
            burn_step(
                request.community_id,
                use,
                at=showing.at,
                terminal_id=request.terminal_id,
                request_id=request.request_id,
            )
        ]
    if debits and showing.token.key_class is not KeyClass.CRT:
        pause_us = showing.terms.settings.card_pause_s * SECOND_US
        return [pause_step(request.community_id, use.serial, at=showing.at, pause_us=pause_us)]
    return []


def _check_ref(showing: Showing) -> None:
    request = showing.request
    ref = read_reference(request.ref)
    code = showing.terms.terminal(request.terminal_id).code
    if ref is None or ref.terminal_code != code or ref.counter != request.counter:
        raise Refusal("ref_bad")
    if showing.row.ref_taken:
        raise Refusal("ref_taken")


def _check_debit(showing: Showing) -> None:
    if showing.token.key_class == "earn":
        raise Refusal("token_earn_only")
    pause_s = showing.terms.settings.card_pause_s
    since_us = showing.at - showing.row.last_debit_at
    if not showing.token.is_single_use and since_us < pause_s * SECOND_US:
        raise Refusal("card_too_soon", wait_s=pause_s, ago_s=since_us // SECOND_US)
