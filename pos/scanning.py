"""Acts that begin with a scanned code.

Run on fresh terms, the PIN checked outside, a refusal kept and the code burned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, NoReturn, Protocol

from ledger.book import requests
from ledger.book.facts import again_step, burn_step
from ledger.errors import GuardMissedError, Refusal
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.cover import CoverLowError, fill_cover
from pos.decide import open_shop_accounts, rules_now
from pos.desk import TRIES, Desk, StaleTermsError, open_member_accounts
from pos.pin_check import PinAsked, check_pin, note_pin
from pos.scan import Scan, scan_code
from pos.showing import AtTerminal, NoAccountsError


class Late(NamedTuple):
    """What is otherwise where the act was decided without the server and comes later.

    `scan_at`: when the code was shown, microseconds UTC. `kept` is called in the transaction that keeps a refusal.
    """

    scan_at: int
    kept: Callable[[Tx, Scan | None, Refusal], None]


class Scanned(AtTerminal, Protocol):
    """What any request with a scanned code has beside that."""

    @property
    def token(self) -> str:
        """What was scanned."""
        ...

    @property
    def pin(self) -> str | None:
        """The six digits typed, where a PIN was asked for."""
        ...

    def body(self) -> Mapping[str, Any]:
        """What 'the same content' means."""
        ...


def run_scanned(  # noqa: PLR0913 - one act, its clock, and what differs by kind
    desk: Desk,
    request: Scanned,
    kind: str,
    body_hash: bytes,
    attempt: Callable[..., dict[str, Any]],
    *,
    at: int,
    first: Callable[[], None] | None = None,
    goods: bool = False,
    late: Late | None = None,
    scan_with: Callable[..., Scan] = scan_code,
) -> dict[str, Any]:
    """Run `attempt(tx, terms=, scan=, pin_ok=)`, again where settings changed or cover was filled.

    A refusal is kept as the request's outcome, burns a single-use code that was believed, and is raised; also one that
    `first` raises, which is called once before the first try, outside any transaction. `goods`: no shop's accounts are
    needed, and no scheme with rules for shops. `late`: the act was decided long ago, without the server.
    `scan_with`: what may be shown (`pos.scan`).
    """
    scan: Scan | None = None
    scan_at = at if late is None else late.scan_at
    try:
        terms = desk.terms_with(request.community_id, request.terminal_id)
        scan = scan_with(terms, request.token, at=scan_at)
        if first is not None:
            first()
        for _ in range(TRIES):
            if not goods:
                open_shop_accounts(desk, terms, request.terminal_id, at=at)
            try:
                pin_ok = _is_pin_right(desk, request, scan, at=at)
                return desk.db.write(
                    partial(_try, attempt, request, terms=terms, scan=scan, pin_ok=pin_ok, at=at)
                )
            except StaleTermsError:
                terms = desk.refresh(request.community_id)
                scan = scan_with(terms, request.token, at=scan_at)
            except NoAccountsError as missing:
                commodity = terms.shown.commodity if goods else rules_now(terms, at).commodity
                open_member_accounts(
                    desk.db, request.community_id, missing.owner_id, commodity, at=at
                )
            except CoverLowError as low:
                _fill_cover(desk, terms, low, at=at, late=late is not None)
            except GuardMissedError:
                # Others were quicker at every try: nothing was written, the next figures decide.
                continue
        _give_up()
    except Refusal as refusal:
        return _keep_refused(desk, request, kind, body_hash, scan, refusal, at=at, late=late)


def _try(
    attempt: Callable[..., dict[str, Any]],
    request: Scanned,
    tx: Tx,
    *,
    terms: Terms,
    scan: Scan,
    pin_ok: bool,
    at: int,
) -> dict[str, Any]:
    """One attempt; that the PIN was typed is kept with it, for whoever says later that it was not their purchase."""
    done = attempt(tx, terms=terms, scan=scan, pin_ok=pin_ok)
    if pin_ok:
        note_pin(tx, request.community_id, scan.use.serial, request.request_id, at=at)
    return done


def _fill_cover(desk: Desk, terms: Terms, low: CoverLowError, *, at: int, late: bool) -> None:
    """Reserve for the shop; what was promised without the server waits for the fund and is not refused."""
    try:
        fill_cover(desk, terms, low, at=at, promised=late)
    except Refusal as refusal:
        if late and refusal.code == "cover_empty":
            raise Refusal("offline_fund_empty") from refusal
        raise


def _give_up() -> NoReturn:
    raise Refusal("busy_try_again")


def _is_pin_right(desk: Desk, request: Scanned, scan: Scan, *, at: int) -> bool:
    # Only a believed code may try a PIN: otherwise anybody could lock anybody's.
    if request.pin is None or scan.token is None or scan.is_certificate:
        return False
    asked = PinAsked(request.community_id, scan.use.serial, request.pin, request.terminal_id)
    return check_pin(desk, asked, at=at)


def _keep_refused(
    desk: Desk,
    request: Scanned,
    kind: str,
    body_hash: bytes,
    scan: Scan | None,
    refusal: Refusal,
    *,
    at: int,
    late: Late | None,
) -> dict[str, Any]:
    """Keep the refusal and burn the code; where the request was answered meanwhile, give that answer instead.

    Refuses busy_try_again where another copy of the request is under way.
    """
    if refusal.code in _NOT_KEPT:
        raise refusal

    def work(tx: Tx) -> dict[str, Any] | None:
        known = requests.refuse(
            tx, request.community_id, request.request_id, kind, body_hash, refusal, at=at
        )
        if known is not None:
            return known
        if scan is not None and scan.token is not None and scan.token.is_single_use:
            burn = burn_step(
                request.community_id,
                scan.use,
                at=at,
                terminal_id=request.terminal_id,
                request_id=request.request_id,
                outcome="refused",
            )
            tx.run(burn.sql, **burn.params)
        if scan is not None and refusal.code in _SHOWN_BEFORE:
            again = again_step(
                request.community_id,
                scan.use,
                terminal_id=request.terminal_id,
                shown_at=at if late is None else late.scan_at,
            )
            tx.run(again.sql, **again.params)
        if late is not None:
            late.kept(tx, scan, refusal)
        return None

    known = desk.db.write(work)
    if known is not None:
        return known
    raise refusal


_SHOWN_BEFORE = frozenset({"token_used", "token_expired"})
"""How a picture of a code ends that somebody used before: at once, or once the code has run out."""
_NOT_KEPT = requests.PASSING | {"terminal_not_found", "payment_route_ended", "offline_fund_empty"}
"""Refusals that say nothing about the act itself: the same request may still succeed."""
