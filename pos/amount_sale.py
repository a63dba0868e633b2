"""A sale the resident confirms on their own page, over the bill a till shows; and the till's way to take it back.

The sale is the same as at the till: the page makes a live code for the resident and checks out with it, under the
request id the till has drawn, so that one shown bill is one sale at most, whoever confirms how often.
"""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members import terminals
from ledger.members.codes import issue_dynamic, used_code
from ledger.members.key_vault import KeyVault
from ledger.refs import read_reference
from ledger.sql import Row, Sql, Tx
from pos.amount_code import AmountCode, check_amount_code
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.desk import Desk, day_of, rules_on
from pos.pin_check import PinAsked, check_pin
from pos.quotes import Quoted, QuoteRequest, quote_for

_KIND: Final = "sale"
_CARD: Final = Sql(
    "SELECT t.card_serial FROM sale s JOIN txn t ON t.community_id = s.community_id AND t.txn_id = s.txn_id"
    " WHERE s.community_id = :community_id AND s.sale_id = :sale_id"
)
_WHOSE: Final = Sql(
    "SELECT person_id FROM sale WHERE community_id = :community_id AND sale_id = :sale_id"
)


class Payer(NamedTuple):
    """Whose page it is, and the card their codes hang on."""

    community_id: int
    person_id: int
    serial: int


def open_code(tx: Tx, community_id: int, code: AmountCode, *, at: int) -> None:
    """Refuse a code that cannot be confirmed here and now.

    Refusals: amount_code_foreign, amount_code_bad, amount_code_expired, amount_code_used, amount_code_cancelled,
    terminal_revoked.
    """
    if code.community_id != community_id:
        raise Refusal("amount_code_foreign")
    terminal = _terminal(tx, code)
    at_s = at // SECOND_US
    check_amount_code(code, community_id=community_id, public_jwk=terminal, at_s=at_s)
    kept = requests.find_kept(tx, community_id, code.request_id)
    if kept is not None:
        raise Refusal(_why(kept))


def quote_code(desk: Desk, vault: KeyVault, code: AmountCode, payer: Payer, *, at: int) -> Quoted:
    """What the payer could use on this bill; nothing is used up. Refuses what `pos.quotes.quote_for` refuses."""
    token = _live_code(desk, vault, code, payer, at=at)
    asked = QuoteRequest(code.community_id, code.terminal_id, token, code.total_fen)
    return quote_for(desk, asked, at=at)


def confirm(
    desk: Desk,
    vault: KeyVault,
    code: AmountCode,
    payer: Payer,
    *,
    offset_units: int,
    pin: str | None,
    at: int,
) -> dict[str, Any]:
    """Book the shown bill for the payer; confirmed again by the same person it gives the first answer.

    Refusals: those of `open_code` and of `pos.checkout.check_out`; pin_wrong, pin_locked (the code stays good).
    """
    with desk.db.read() as tx:
        mine = _own_answer(tx, code, payer)
        if mine is not None:
            return mine
        open_code(tx, payer.community_id, code, at=at)
    _check_steps(desk, code, offset_units, at=at)
    if pin is not None:
        # Before the sale: a PIN typed wrong shall not use the shown bill up.
        check_pin(desk, PinAsked(code.community_id, payer.serial, pin, code.terminal_id), at=at)
    request = SaleRequest(
        community_id=code.community_id,
        terminal_id=code.terminal_id,
        clerk_id=None,
        request_id=code.request_id,
        counter=code.counter,
        ref=code.ref,
        token=_live_code(desk, vault, code, payer, at=at),
        total_fen=code.total_fen,
        offset_units=offset_units,
        channel=code.channel,
        payment_ref=None,
        pin=pin,
        occurred_at=code.made_at_s * SECOND_US,
    )
    try:
        return check_out(desk, request, at=at)
    except Refusal as refusal:
        if refusal.code != "request_id_reused":
            raise
    # Somebody was quicker by a moment: the same person on another page, another one, or the till that took it back.
    with desk.db.read() as tx:
        mine = _own_answer(tx, code, payer)
        if mine is not None:
            return mine
        kept = requests.find_kept(tx, code.community_id, code.request_id)
    raise Refusal("amount_code_used" if kept is None else _why(kept))


def state_of(tx: Tx, community_id: int, request_id: str) -> tuple[str, dict[str, Any] | None]:
    """How a shown bill stands: open, cancelled, refused or booked, and then the sale's facts."""
    kept = requests.find_kept(tx, community_id, request_id)
    if kept is None or kept.kind != _KIND or kept.outcome == "open":
        return "open", None
    if kept.outcome == "done":
        return "booked", _facts(kept)
    return ("cancelled" if kept.code == "amount_code_cancelled" else "refused"), None


def confirmed(tx: Tx, vault: KeyVault, community_id: int, request_id: str) -> SaleRequest | None:
    """The request behind a confirmed bill, word for word as it was booked: what its till would have sent itself.

    None where it cannot be made again: not booked, or the key of its code was withdrawn since. Refuses
    keys_master_wrong.
    """
    kept = requests.find_kept(tx, community_id, request_id)
    card = tx.find(_CARD, community_id=community_id, sale_id=request_id)
    if kept is None or kept.kind != _KIND or kept.outcome != "done":
        return None
    if card is None or card.card_serial is None:
        return None
    facts = json.loads(kept.response)
    ref = read_reference(facts["ref"])
    token = used_code(tx, vault, community_id, request_id, serial=int(card.card_serial))
    if ref is None or token is None:
        return None
    request = SaleRequest(
        community_id=community_id,
        terminal_id=int(facts["terminal_id"]),
        clerk_id=None,
        request_id=request_id,
        counter=ref.counter,
        ref=facts["ref"],
        token=token,
        total_fen=facts["total_fen"],
        offset_units=facts["offset_units"],
        channel=facts["channel"],
        payment_ref=None,
        pin=None,
        occurred_at=facts["occurred_at"],
    )
    return request if requests.hash_of(request.body()) == bytes(kept.body_hash) else None


def cancel(tx: Tx, community_id: int, request_id: str, *, at: int) -> None:
    """Take a shown bill back, so that nobody can confirm it any more; changes nothing where somebody has."""
    body_hash = requests.hash_of({"amount_code": request_id})
    refusal = Refusal("amount_code_cancelled")
    requests.keep_refusal(tx, community_id, request_id, _KIND, body_hash, refusal, at=at)


def _check_steps(desk: Desk, code: AmountCode, offset_units: int, *, at: int) -> None:
    """A number typed beside the steps shall not use the shown bill up; what else is refused is its answer for good."""
    terms = desk.terms_with(code.community_id, code.terminal_id)
    offset = rules_on(terms, day_of(terms, at)).offset
    step = offset.units(offset.step_points)
    if step and offset_units % step:
        raise Refusal("offset_not_in_steps", step_units=step)


def _live_code(desk: Desk, vault: KeyVault, code: AmountCode, payer: Payer, *, at: int) -> str:
    return desk.db.write(
        lambda tx: issue_dynamic(tx, vault, code.community_id, payer.serial, at=at)
    )


def _own_answer(tx: Tx, code: AmountCode, payer: Payer) -> dict[str, Any] | None:
    if code.community_id != payer.community_id:
        raise Refusal("amount_code_foreign")
    kept = requests.find_kept(tx, code.community_id, code.request_id)
    if kept is None or kept.kind != _KIND or kept.outcome != "done":
        return None
    sale = tx.find(_WHOSE, community_id=code.community_id, sale_id=code.request_id)
    return _facts(kept) if sale is not None and sale.person_id == payer.person_id else None


def _facts(kept: Row) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(kept.response)
    return (
        facts if kept.balance_after is None else {**facts, "balance_units": int(kept.balance_after)}
    )


def _why(kept: Row) -> str:
    cancelled = kept.outcome == "refused" and kept.code == "amount_code_cancelled"
    return "amount_code_cancelled" if cancelled else "amount_code_used"


def _terminal(tx: Tx, code: AmountCode) -> str:
    terminal = terminals.get_terminal(tx, code.community_id, code.terminal_id)
    if terminal.state != "active" or terminal.public_jwk is None:
        raise Refusal("terminal_revoked")
    if terminal.kind != "till":
        raise Refusal("amount_code_bad")
    return terminal.public_jwk
