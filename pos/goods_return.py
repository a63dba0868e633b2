"""The wrong thing taken home: goods that come back to the counter on the day they were handed out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.repay import repay_from_wallet
from ledger.book.steps import Step, apply
from ledger.errors import GuardMissedError, Refusal
from ledger.households.limits import member_back_step
from ledger.ids import derived_request_id, new_id
from ledger.members.terms import Terms
from ledger.recovery.epochs import check_refunds
from ledger.refs import read_reference
from ledger.sql import Row, Sql, Tx
from ledger.stock.holds import Wanted
from ledger.stock.limits import limit_back_steps
from ledger.stock.moves import Facts
from ledger.stock.returning import plan_return
from ledger.stock.till import paid_lines
from pos.desk import Desk, day_of
from pos.goods_rules import goods_rules
from pos.misuse.facts import is_borne
from pos.notices import RETURNED, tell_step

KIND: Final = "goods_return"

# Touching the slip's row makes two returns of one slip wait for each other.
_LOCK: Final = Sql(
    "UPDATE redemption SET units = units WHERE community_id = :community_id AND redemption_id = :redemption_id"
)
_SLIP: Final = Sql(
    "SELECT r.redemption_id, r.txn_id, r.merchant_id, r.person_id, r.wallet_owner_id, r.business_date, r.paid_fen,"
    " coalesce((SELECT sum(y.amount) FROM transfer y JOIN account a ON a.community_id = y.community_id"
    "  AND a.account_id = y.debit_id AND a.kind = 'till' WHERE y.community_id = r.community_id"
    "  AND y.txn_id = r.txn_id), 0) AS till_fen,"
    " x.card_serial, x.card_issue, t.commodity FROM redemption r"
    " JOIN txn x ON x.community_id = r.community_id AND x.txn_id = r.txn_id"
    " JOIN transfer t ON t.community_id = r.community_id AND t.txn_id = r.txn_id AND t.line_no = 0"
    " WHERE r.community_id = :community_id AND r.ref = :ref"
)
_LINES: Final = Sql(
    "SELECT l.line_no, l.good_id, l.quantity, l.price_units, l.price_fen, g.name, g.limit_person,"
    " g.limit_household, g.limit_period,"
    " coalesce((SELECT sum(b.quantity) FROM goods_return_line b JOIN goods_return o"
    "  ON o.community_id = b.community_id AND o.return_id = b.return_id WHERE o.community_id = l.community_id"
    "  AND o.redemption_id = l.redemption_id AND b.line_no = l.line_no), 0) AS back"
    " FROM redemption_line l JOIN good g ON g.community_id = l.community_id AND g.good_id = l.good_id"
    " WHERE l.community_id = :community_id AND l.redemption_id = :redemption_id ORDER BY l.line_no"
)
_TAKEN: Final = Sql(
    "SELECT ref FROM redemption WHERE community_id = :community_id AND ref = :ref"
    " UNION ALL SELECT ref FROM goods_return WHERE community_id = :community_id AND ref = :ref"
    " UNION ALL SELECT state FROM terminal WHERE community_id = :community_id AND terminal_id = :terminal_id"
    "  AND state <> 'active'"
)
_KEEP: Final = Sql(
    "INSERT INTO goods_return (community_id, return_id, ref, redemption_id, terminal_id, clerk_id, business_date,"
    " occurred_at, units, paid_back_fen, txn_id) VALUES (:community_id, :return_id, :ref, :redemption_id,"
    " :terminal_id, :clerk_id, :business_date, :occurred_at, :units, :paid_back_fen, :txn_id)"
)
_KEEP_LINE: Final = Sql(
    "INSERT INTO goods_return_line (community_id, return_id, line_no, quantity) VALUES (:community_id, :return_id,"
    " :line_no, :quantity)"
)


class BackLine(NamedTuple):
    """So many pieces of one line of the slip."""

    line_no: int
    quantity: int


class Back(NamedTuple):
    """What goes back to the resident: points in units, yuan in fen."""

    units: int
    fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRequest:
    """What came back of the slip `original_ref`; times in microseconds UTC."""

    community_id: int
    terminal_id: int
    clerk_id: int | None
    request_id: str
    counter: int
    ref: str
    original_ref: str
    lines: tuple[BackLine, ...]
    occurred_at: int

    def body(self) -> dict[str, Any]:
        """What 'the same content' means, whichever clerk sends it again."""
        return {name: value for name, value in asdict(self).items() if name != "clerk_id"}


def slip_of(tx: Tx, terms: Terms, terminal_id: int, ref: str, *, at: int) -> list[dict[str, Any]]:
    """The lines of a slip of today, each with what can still come back; prices in units and fen.

    Refuses: redemption_not_found, return_too_late (handed out on an earlier business date).
    """
    slip = _slip(tx, terms, terminal_id, ref, day_of(terms, at))
    return [
        {
            "line_no": int(line.line_no),
            "name": line.name,
            "price_units": int(line.price_units),
            "price_fen": int(line.price_fen),
            "left": int(line.quantity - line.back),
        }
        for line in _lines(tx, terms.community.id, slip)
    ]


def take_back_goods(desk: Desk, request: ReturnRequest, *, at: int) -> dict[str, Any]:
    """Take goods back on the day they were handed out: points to the wallet, yuan from the till, pieces to the shelf.

    The same request again is answered from the first time. Refuses: redemption_not_found, return_too_late,
    return_wrong (more than was handed out), return_at_office (yuan were paid that no till answers for), ref_bad,
    ref_taken, terminal_revoked, period_locked, request_id_reused, busy_try_again, recovery_wait, recovery_no_refunds.
    """
    terms = desk.terms_with(request.community_id, request.terminal_id)
    try:
        return requests.once(
            desk.db,
            request.community_id,
            request.request_id,
            kind=KIND,
            body=request.body(),
            at=at,
            work=lambda tx: _take_back(tx, terms, request, at=at),
        )
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed


def _take_back(tx: Tx, terms: Terms, request: ReturnRequest, *, at: int) -> dict[str, Any]:
    here, day = request.community_id, day_of(terms, at)
    check_refunds(tx, here, request.occurred_at)
    _check_ref(tx, terms, request)
    slip = _slip(tx, terms, request.terminal_id, request.original_ref, day)
    # A slip from before yuan were booked: only the office knows where they are.
    if slip.paid_fen and not slip.till_fen:
        raise Refusal("return_at_office")
    tx.run(_LOCK, community_id=here, redemption_id=slip.redemption_id)
    if is_borne(tx, here, slip.txn_id):
        raise Refusal("return_misuse")
    check_open(tx, here, day)
    lines = {int(line.line_no): line for line in _lines(tx, here, slip)}
    wanted = {line.line_no: line.quantity for line in request.lines}
    fits = all(
        number in lines and 0 < count <= lines[number].quantity - lines[number].back
        for number, count in wanted.items()
    )
    if not wanted or not fits or len(wanted) != len(request.lines):
        raise Refusal("return_wrong")
    units = sum(int(lines[n].price_units) * count for n, count in wanted.items())
    fen = sum(int(lines[n].price_fen) * count for n, count in wanted.items())
    txn_id, person_id = new_id(at), int(slip.person_id)
    pieces = [Wanted(int(lines[n].good_id), count) for n, count in wanted.items()]
    facts = _facts(request, slip, day, txn_id, at)
    shelf = plan_return(tx, facts, slip.redemption_id, pieces)
    limits = [
        step
        for n, count in wanted.items()
        for step in limit_back_steps(tx, here, person_id, lines[n], count, day=day)
    ]
    owner = int(slip.wallet_owner_id)
    limits.append(member_back_step(here, person_id, owner, day // 100, units))
    yuan = paid_lines(tx, here, int(slip.merchant_id), -fen, at=at)
    posting = _posting(tx, terms, request, slip, units, [*shelf.lines, *yuan], txn_id, at=at)
    steps = [*posting_steps(posting), *shelf.steps, *limits]
    apply(tx, [*steps, *_kept(request, slip, posting, Back(units, fen), wanted)])
    _repay(tx, slip, posting)
    return {
        "ref": request.ref,
        "original_ref": request.original_ref,
        "business_date": day,
        "occurred_at": request.occurred_at,
        "units_back": units,
        **({"paid_back_fen": fen} if fen else {}),
        "lines": [
            {
                "name": lines[n].name,
                "quantity": count,
                "units": int(lines[n].price_units) * count,
                **({"price_fen": int(lines[n].price_fen)} if lines[n].price_fen else {}),
            }
            for n, count in sorted(wanted.items())
        ],
    }


def _repay(tx: Tx, slip: Row, posting: Posting) -> None:
    """Points that came back repay what is owed first."""
    repay_from_wallet(
        tx,
        posting.community_id,
        int(slip.wallet_owner_id),
        int(slip.commodity),
        request_id=derived_request_id("return_repay", posting.community_id, posting.request_id),
        at=posting.at,
        business_date=posting.business_date,
    )


def _facts(request: ReturnRequest, slip: Row, day: int, txn_id: int, at: int) -> Facts:
    """What the moves say: they name the slip they belong to, so that no piece comes back twice."""
    return Facts(
        community_id=request.community_id,
        request_id=request.request_id,
        merchant_id=int(slip.merchant_id),
        kind="return",
        business_date=day,
        at=at,
        txn_id=txn_id,
        ref=request.original_ref,
    )


def _check_ref(tx: Tx, terms: Terms, request: ReturnRequest) -> None:
    ref = read_reference(request.ref)
    code = terms.terminal(request.terminal_id).code
    if ref is None or ref.terminal_code != code or ref.counter != request.counter:
        raise Refusal("ref_bad")
    taken = tx.find(
        _TAKEN,
        community_id=request.community_id,
        ref=request.ref,
        terminal_id=request.terminal_id,
    )
    if taken is not None:
        raise Refusal("ref_taken" if taken.ref == request.ref else "terminal_revoked")


def _slip(tx: Tx, terms: Terms, terminal_id: int, ref: str, day: int) -> Row:
    slip = tx.find(_SLIP, community_id=terms.community.id, ref=ref)
    if slip is None or slip.merchant_id != terms.terminal(terminal_id).merchant_id:
        raise Refusal("redemption_not_found")
    if slip.business_date != day:
        raise Refusal("return_too_late", business_date=int(slip.business_date))
    return slip


def _lines(tx: Tx, community_id: int, slip: Row) -> list[Row]:
    return tx.all(_LINES, community_id=community_id, redemption_id=slip.redemption_id)


def _posting(
    tx: Tx,
    terms: Terms,
    request: ReturnRequest,
    slip: Row,
    units: int,
    beside: list[Line],
    txn_id: int,
    *,
    at: int,
) -> Posting:
    here, commodity = request.community_id, int(slip.commodity)
    terminal = terms.terminal(request.terminal_id)
    shelf = account_id(tx, here, Account.REDEEMED, commodity, int(slip.merchant_id), at=at)
    wallet = account_id(tx, here, Account.WALLET, commodity, int(slip.wallet_owner_id), at=at)
    day = day_of(terms, at)
    back = Line(Side(shelf, Account.REDEEMED), Side(wallet, Account.WALLET), commodity, units)
    return Posting(
        community_id=here,
        kind=Kind.RETURN_GOODS,
        request_id=request.request_id,
        txn_id=txn_id,
        occurred_at=request.occurred_at,
        at=at,
        business_date=day,
        lines=[back, *beside],
        ref=request.ref,
        scheme_period=str(day // 100),
        scheme_version=goods_rules(terms, day).version,
        person_id=int(slip.person_id),
        wallet_owner_id=int(slip.wallet_owner_id),
        card_serial=slip.card_serial,
        card_issue=slip.card_issue,
        merchant_id=int(slip.merchant_id),
        branch_id=terminal.branch_id,
        terminal_id=terminal.terminal_id,
        staff_id=request.clerk_id,
        reason_key="return_goods",
        source="counter",
    )


def _kept(
    request: ReturnRequest, slip: Row, posting: Posting, back: Back, wanted: dict[int, int]
) -> list[Step]:
    here = {"community_id": request.community_id, "return_id": request.request_id}
    row = {
        "ref": request.ref,
        "redemption_id": slip.redemption_id,
        "terminal_id": request.terminal_id,
        "clerk_id": request.clerk_id,
        "business_date": posting.business_date,
        "occurred_at": request.occurred_at,
        "units": back.units,
        "paid_back_fen": back.fen,
        "txn_id": posting.txn_id,
    }
    lines = [
        Step(_KEEP_LINE, {**here, "line_no": n, "quantity": count}) for n, count in wanted.items()
    ]
    told = tell_step(
        request.community_id,
        int(slip.person_id),
        RETURNED,
        request.ref,
        at=posting.at,
        units=back.units,
    )
    return [Step(_KEEP, {**here, **row}), *lines, told]
