"""The points supermarket's counter: goods for points, stock counted down, a slip at the end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.facts import CapUse, burn_step, caps_step, pause_step
from ledger.book.posting import Line, Posting, Side
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.terms import Terms
from ledger.refs import read_reference
from ledger.sql import Row, Sql, Tx
from ledger.tokens import Token
from pos.decide import Scan, asked_of, check_card
from pos.desk import Desk, check_version, day_of, rules_on
from pos.scanning import run_scanned
from pos.situation import look, stored_answer

KIND: Final = "redemption"
MOST_LINES: Final = 30
MOST_PIECES: Final = 99

_GOODS: Final = Sql(
    "SELECT good_id, name, price_units, commodity, stock, state, code, picture FROM good"
    " WHERE community_id = :community_id AND merchant_id = :merchant_id ORDER BY code"
)
_TAKE: Final = Sql(
    "UPDATE good SET stock = stock - :quantity, changed_at = :at WHERE community_id = :community_id"
    " AND good_id = :good_id AND state = 'on' AND price_units = :price_units"
)
_KEEP: Final = Sql(
    "INSERT INTO redemption (community_id, redemption_id, ref, merchant_id, terminal_id, clerk_id, person_id,"
    " wallet_owner_id, business_date, occurred_at, units, txn_id) VALUES (:community_id, :redemption_id, :ref,"
    " :merchant_id, :terminal_id, :clerk_id, :person_id, :wallet_owner_id, :business_date, :occurred_at, :units,"
    " :txn_id)"
)
_KEEP_LINE: Final = Sql(
    "INSERT INTO redemption_line (community_id, redemption_id, line_no, good_id, quantity, price_units, below_zero)"
    " SELECT g.community_id, :redemption_id, :line_no, g.good_id, :quantity, :price_units,"
    " CASE WHEN g.stock < 0 THEN 1 ELSE 0 END FROM good g"
    " WHERE g.community_id = :community_id AND g.good_id = :good_id"
)


class Piece(NamedTuple):
    """So many pieces of one good."""

    good_id: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedemptionRequest:
    """What the counter asks for; times in microseconds UTC."""

    community_id: int
    terminal_id: int
    clerk_id: int | None
    request_id: str
    counter: int
    ref: str
    token: str
    lines: tuple[Piece, ...]
    pin: str | None
    occurred_at: int

    def body(self) -> dict[str, Any]:
        """What 'the same content' means; a PIN typed again is not other content."""
        return {
            name: value for name, value in asdict(self).items() if name not in {"pin", "clerk_id"}
        }


def goods_of(tx: Tx, community_id: int, merchant_id: int) -> list[Any]:
    """The supermarket's goods: good_id, code, name, picture, price_units, commodity, stock, state."""
    return tx.all(_GOODS, community_id=community_id, merchant_id=merchant_id)


def redeem(desk: Desk, request: RedemptionRequest, *, at: int) -> dict[str, Any]:
    """Hand goods out for points; the same request again is answered from the first time.

    At the counter a person holding the goods is served: stock may go below zero, and the line is flagged for a count
    (README ruling 14). Refuses: the token's refusals, token_used, token_earn_only, card_not_active, card_replaced,
    card_too_soon, good_not_found, good_off, basket_wrong, insufficient_points, points_owed, pin_needed and the PIN's
    refusals, spent_day_cap, merchant_not_redeeming, ref_bad, terminal_revoked, period_locked, request_id_reused.
    """
    body_hash = requests.hash_of(request.body())

    def attempt(tx: Tx, terms: Terms, scan: Scan, *, pin_ok: bool) -> dict[str, Any]:
        return _redeem(tx, terms, request, scan, body_hash, at=at, pin_ok=pin_ok)

    return run_scanned(desk, request, KIND, body_hash, attempt, at=at)


def _redeem(
    tx: Tx,
    terms: Terms,
    request: RedemptionRequest,
    scan: Scan,
    body_hash: bytes,
    *,
    at: int,
    pin_ok: bool,
) -> dict[str, Any]:
    day = day_of(terms, at)
    row = look(tx, asked_of(terms, rules_on(terms, day), request, scan, cover_id=0, day=day))
    answer = stored_answer(row, KIND, body_hash)
    if answer is not None:
        return answer
    check_version(terms, int(row.config_version))
    token = scan.believed()
    _check_request(terms, request, row, token, at=at, day=day)
    goods = _chosen(tx, terms, request)
    units = sum(
        good.price_units * piece.quantity for good, piece in zip(goods, request.lines, strict=True)
    )
    counts = _check_points(terms, row, token, units, pin_ok=pin_ok)
    return _book(
        tx, terms, request, scan, token, row, goods, units, counts, body_hash, at=at, day=day
    )


def _check_request(
    terms: Terms, request: RedemptionRequest, row: Row, token: Token, *, at: int, day: int
) -> None:
    terminal = terms.terminal(request.terminal_id)
    if row.terminal_state != "active":
        raise Refusal("terminal_revoked")
    ref = read_reference(request.ref)
    if ref is None or ref.terminal_code != terminal.code or ref.counter != request.counter:
        raise Refusal("ref_bad")
    if row.ref_taken:
        raise Refusal("ref_taken")
    agreement = terms.agreement_on(terminal.merchant_id, day)
    if agreement is None or "redeem" not in agreement.roles:
        raise Refusal("merchant_not_redeeming")
    if row.token_used_at is not None and token.is_single_use:
        raise Refusal("token_used", used_at=int(row.token_used_at))
    if token.key_class == "earn":
        raise Refusal("token_earn_only")
    check_card(row, token)
    pause_s = terms.settings.card_pause_s
    if not token.is_single_use and at - row.last_debit_at < pause_s * SECOND_US:
        ago = (at - row.last_debit_at) // SECOND_US
        raise Refusal("card_too_soon", wait_s=pause_s, ago_s=ago)
    if row.day_state == "locked":
        raise Refusal("period_locked", business_date=day)


def _chosen(tx: Tx, terms: Terms, request: RedemptionRequest) -> list[Any]:
    merchant_id = terms.terminal(request.terminal_id).merchant_id
    pieces_right = all(0 < piece.quantity <= MOST_PIECES for piece in request.lines)
    if not 0 < len(request.lines) <= MOST_LINES or not pieces_right:
        raise Refusal("basket_wrong", most_lines=MOST_LINES, most_pieces=MOST_PIECES)
    if len({piece.good_id for piece in request.lines}) != len(request.lines):
        raise Refusal("basket_wrong", most_lines=MOST_LINES, most_pieces=MOST_PIECES)
    known = {good.good_id: good for good in goods_of(tx, request.community_id, merchant_id)}
    missing = [piece.good_id for piece in request.lines if piece.good_id not in known]
    if missing:
        raise Refusal("good_not_found", good_id=str(missing[0]))
    chosen = [known[piece.good_id] for piece in request.lines]
    off = [good.code for good in chosen if good.state != "on"]
    if off:
        raise Refusal("good_off", good=off[0])
    if any(good.commodity != terms.civic.commodity for good in chosen):
        raise Refusal("good_other_points")
    return chosen


def _check_points(
    terms: Terms, row: Row, token: Token, units: int, *, pin_ok: bool
) -> list[tuple[str, int]]:
    """The day's sums this redemption counts against, with their limits."""
    if row.owed > 0:
        raise Refusal("points_owed", owed_units=int(row.owed))
    available = int(row.posted - row.held)
    if units > available:
        raise Refusal("insufficient_points", available_units=available, asked_units=units)
    kind = "code" if token.is_single_use else "card"
    settings = terms.settings
    spent = settings.day_units_dyn if token.is_single_use else settings.day_units_card
    if int(row.spent_day or 0) + units > spent:
        raise Refusal("spent_day_cap", limit_units=spent)
    counts = [(f"spent_{kind}", spent)]
    limit = settings.pin_above_units_dyn if token.is_single_use else settings.pin_above_units_card
    if not pin_ok:
        if int(row.without_pin_day or 0) + units > limit:
            raise Refusal("pin_needed", limit_units=limit)
        counts.append((f"without_pin_{kind}", limit))
    return counts


def _book(
    tx: Tx,
    terms: Terms,
    request: RedemptionRequest,
    scan: Scan,
    token: Token,
    row: Row,
    goods: list[Any],
    units: int,
    counts: list[tuple[str, int]],
    body_hash: bytes,
    *,
    at: int,
    day: int,
) -> dict[str, Any]:
    here = request.community_id
    terminal = terms.terminal(request.terminal_id)
    owner, commodity = terminal.merchant_id, terms.civic.commodity
    shelf = Side(account_id(tx, here, Account.REDEEMED, commodity, owner, at=at), Account.REDEEMED)
    posting = Posting(
        community_id=here,
        kind=Kind.REDEEM,
        request_id=request.request_id,
        txn_id=new_id(at),
        occurred_at=request.occurred_at,
        at=at,
        business_date=day,
        lines=[Line(Side(int(row.wallet_id), Account.WALLET), shelf, terms.civic.commodity, units)],
        ref=request.ref,
        scheme_period=str(day // 100),
        scheme_version=rules_on(terms, day).version,
        person_id=int(row.person_id),
        wallet_owner_id=int(row.owner_id),
        card_serial=token.serial,
        card_issue=int(row.card_issue),
        merchant_id=terminal.merchant_id,
        branch_id=terminal.branch_id,
        terminal_id=terminal.terminal_id,
        staff_id=request.clerk_id,
        reason_key="redeem",
        source="counter",
    )
    answer = _answer(request, goods, units, day)
    kept = requests.keep_step(here, request.request_id, KIND, body_hash, at=at, response=answer)
    uses = [CapUse(name, day, units, limit) for name, limit in counts]
    returned = apply(
        tx,
        [
            _code_guard(terms, request, scan, token, at=at),
            *posting_steps(posting),
            *_shelf_steps(request, goods, at=at),
            _own_row(request, row, terminal.merchant_id, units, posting.txn_id, day),
            *_line_steps(request, goods),
            requests.keep_with_balance_step(kept, int(row.wallet_id), txn_id=posting.txn_id),
            caps_step(here, int(row.person_id), uses),
        ],
    )
    return {**answer, "balance_units": int(returned["request"].balance_after)}


def _code_guard(
    terms: Terms, request: RedemptionRequest, scan: Scan, token: Token, *, at: int
) -> Step:
    if token.is_single_use:
        return burn_step(
            request.community_id,
            scan.use,
            at=at,
            terminal_id=request.terminal_id,
            request_id=request.request_id,
        )
    pause = terms.settings.card_pause_s * SECOND_US
    return pause_step(request.community_id, token.serial, at=at, pause_us=pause)


def _shelf_steps(request: RedemptionRequest, goods: list[Any], *, at: int) -> list[Step]:
    """Count the shelf down, in one order for everybody; the guard misses where a price changed meanwhile."""
    pairs = sorted(zip(goods, request.lines, strict=True), key=lambda pair: pair[0].good_id)
    return [
        Step(
            _TAKE,
            {
                "community_id": request.community_id,
                "good_id": good.good_id,
                "quantity": piece.quantity,
                "price_units": good.price_units,
                "at": at,
            },
            guard="good",
        )
        for good, piece in pairs
    ]


def _own_row(
    request: RedemptionRequest,
    row: Row,
    merchant_id: int,
    units: int,
    txn_id: int,
    day: int,
) -> Step:
    return Step(
        _KEEP,
        {
            "community_id": request.community_id,
            "redemption_id": request.request_id,
            "ref": request.ref,
            "merchant_id": merchant_id,
            "terminal_id": request.terminal_id,
            "clerk_id": request.clerk_id,
            "person_id": int(row.person_id),
            "wallet_owner_id": int(row.owner_id),
            "business_date": day,
            "occurred_at": request.occurred_at,
            "units": units,
            "txn_id": txn_id,
        },
    )


def _line_steps(request: RedemptionRequest, goods: list[Any]) -> list[Step]:
    return [
        Step(
            _KEEP_LINE,
            {
                "community_id": request.community_id,
                "redemption_id": request.request_id,
                "line_no": number,
                "good_id": good.good_id,
                "quantity": piece.quantity,
                "price_units": good.price_units,
            },
        )
        for number, (good, piece) in enumerate(zip(goods, request.lines, strict=True), start=1)
    ]


def _answer(request: RedemptionRequest, goods: list[Any], units: int, day: int) -> dict[str, Any]:
    return {
        "redemption_id": request.request_id,
        "ref": request.ref,
        "business_date": day,
        "occurred_at": request.occurred_at,
        "units": units,
        "lines": [
            {
                "good_id": str(good.good_id),
                "name": good.name,
                "quantity": piece.quantity,
                "price_units": good.price_units,
                "units": good.price_units * piece.quantity,
            }
            for good, piece in zip(goods, request.lines, strict=True)
        ],
    }
