"""A voucher at its provider's till: scanned or typed, redeemed once, and the till may claim its contract's price."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from ledger.book import requests
from ledger.errors import GuardMissedError, Refusal
from ledger.members.terminals import Terminal
from ledger.members.terms import Terms
from ledger.refs import read_reference
from ledger.services.codes import serial_of
from ledger.services.endings import Use, use
from ledger.services.items import COMMUNITY
from ledger.sql import Sql, Tx
from pos.desk import Desk, StaleTermsError, check_version, day_of, rules_on

KIND: Final = "voucher_use"
_TRIES: Final = 3

_HERE: Final = Sql(
    "SELECT c.config_version, c.recovery_id, t.state AS terminal_state,"
    " CASE WHEN s.ref IS NULL AND f.ref IS NULL AND x.ref IS NULL AND e.ref IS NULL AND g.ref IS NULL"
    " THEN 0 ELSE 1 END AS ref_taken FROM community c"
    " LEFT JOIN terminal t ON t.community_id = c.community_id AND t.terminal_id = :terminal_id"
    " LEFT JOIN sale s ON s.community_id = c.community_id AND s.ref = :ref"
    " LEFT JOIN refund f ON f.community_id = c.community_id AND f.ref = :ref"
    " LEFT JOIN redemption x ON x.community_id = c.community_id AND x.ref = :ref"
    " LEFT JOIN voucher_end e ON e.community_id = c.community_id AND e.ref = :ref"
    " LEFT JOIN benefit_given g ON g.community_id = c.community_id AND g.ref = :ref"
    " WHERE c.community_id = :community_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherUse:
    """What a till asks for. `code`: what was scanned, or the number as it was typed; times in microseconds UTC."""

    community_id: int
    terminal_id: int
    clerk_id: int | None
    request_id: str
    counter: int
    ref: str
    code: str
    occurred_at: int

    def body(self) -> dict[str, Any]:
        """What 'the same content' means, whichever clerk sends it."""
        return {name: value for name, value in asdict(self).items() if name != "clerk_id"}


def use_voucher(desk: Desk, request: VoucherUse, *, at: int) -> dict[str, Any]:
    """Redeem a voucher at the provider's till; the same request again is answered from the first time.

    A printed voucher and a typed number need no PIN: whoever brings it has it, as with a ticket. The community's own
    services are redeemed at its counters. Refuses: voucher_number_wrong, voucher_not_found, voucher_other_provider,
    voucher_used, voucher_returned, voucher_expired, voucher_not_booked, the token's refusals, terminal_revoked,
    merchant_not_serving, ref_bad, ref_taken, period_locked, recovery_no_spending, request_id_reused.
    """
    terms = desk.terms_with(request.community_id, request.terminal_id)
    for _ in range(_TRIES):
        try:
            return _once(desk, terms, request, at=at)
        except StaleTermsError:
            terms = desk.refresh(request.community_id)
        except GuardMissedError:
            # Another till was quicker at every try: what stands now decides.
            continue
    raise Refusal("busy_try_again")


def _once(desk: Desk, terms: Terms, request: VoucherUse, *, at: int) -> dict[str, Any]:
    return requests.once(
        desk.db,
        request.community_id,
        request.request_id,
        kind=KIND,
        body=request.body(),
        at=at,
        work=partial(_use, terms, request, at),
    )


def _use(terms: Terms, request: VoucherUse, at: int, tx: Tx) -> dict[str, Any]:
    here = request.community_id
    row = tx.get(_HERE, community_id=here, terminal_id=request.terminal_id, ref=request.ref)
    check_version(terms, int(row.config_version))
    if row.terminal_state != "active":
        raise Refusal("terminal_revoked")
    if row.recovery_id is not None:
        raise Refusal("recovery_no_spending")
    terminal = terms.terminal(request.terminal_id)
    _check_ref(request, terminal, taken=bool(row.ref_taken))
    day = day_of(terms, at)
    # What was sold stays good while the provider works with the community at all.
    if terms.agreement_on(terminal.merchant_id, day) is None:
        raise Refusal("merchant_not_serving")
    serial = serial_of(request.code, terms.keyset, issuer=terms.community.issuer, at=at)
    return use(
        tx,
        Use(
            community_id=here,
            request_id=request.request_id,
            serial=serial,
            providers=providers_at(terminal),
            merchant_id=terminal.merchant_id,
            branch_id=terminal.branch_id,
            terminal_id=terminal.terminal_id,
            clerk_id=request.clerk_id,
            ref=request.ref,
            business_date=day,
            occurred_at=request.occurred_at,
            scheme_version=rules_on(terms, day).version,
        ),
        at=at,
    )


def providers_at(terminal: Terminal) -> frozenset[int]:
    """Whose vouchers a terminal takes: its own shop's, and at a counter the community's too."""
    own = {COMMUNITY} if terminal.kind == "counter" else set()
    return frozenset({terminal.merchant_id, *own})


def _check_ref(request: VoucherUse, terminal: Terminal, *, taken: bool) -> None:
    ref = read_reference(request.ref)
    if ref is None or ref.terminal_code != terminal.code or ref.counter != request.counter:
        raise Refusal("ref_bad")
    if taken:
        raise Refusal("ref_taken")
