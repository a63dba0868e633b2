"""Goods come back: money, points offset and points earned return together, exactly, part by part."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from ledger.book import requests
from ledger.book.chart import Account, Kind
from ledger.book.facts import offset_step, pending_less_step
from ledger.book.posting import Posting, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.steps import Step, apply
from ledger.earning.rates import RefundSplit, refund_split
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import new_id
from ledger.members.terms import Terms
from ledger.recovery.epochs import check_refunds
from ledger.refs import read_reference
from ledger.sql import Row, Sql, Tx
from pos.decide import open_shop_accounts
from pos.desk import Desk, day_of
from pos.limits_back import limits_back
from pos.refund_lines import BUYER, borne_of, earner_of, owner_of, refund_lines
from pos.taking import Taking, take_back
from pos.unproven import without_earned

KIND: Final = "refund"

UNDO_REASONS: Final = ("wrong_amount", "wrong_card", "wrong_points", "not_wanted")
"""Why a clerk takes a whole sale back; anything else is a refund."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """`refund_fen` worth of goods of the sale `original_ref` came back, at price before points."""

    community_id: int
    terminal_id: int
    clerk_id: int | None
    request_id: str
    counter: int
    ref: str
    original_ref: str
    refund_fen: int
    occurred_at: int
    undo: str | None = None
    """Why the whole sale is undone by the till that made it, one of `UNDO_REASONS`; None for goods that came back."""

    def body(self) -> dict[str, Any]:
        """What 'the same content' means, whichever clerk sends it again."""
        kept = {name: value for name, value in asdict(self).items() if name != "clerk_id"}
        if self.undo is None:
            # Requests from before there was an undo had no such word in them.
            del kept["undo"]
        return kept


SALE: Final = Sql(
    f"SELECT sale_id, ref, state, merchant_id, terminal_id, {BUYER}, business_date, total_fen,"
    " offset_fen, offset_units, paid_fen, earned_units, refunded_fen, route, payment_ref, txn_id, plan"
    " FROM sale WHERE community_id = :community_id AND ref = :ref"
)
_TERMINAL: Final = Sql(
    "SELECT state FROM terminal WHERE community_id = :community_id AND terminal_id = :terminal_id"
)
_TAKEN: Final = Sql(
    "SELECT ref FROM sale WHERE community_id = :community_id AND ref = :ref"
    " UNION ALL SELECT ref FROM refund WHERE community_id = :community_id AND ref = :ref"
)
_TXN: Final = Sql(
    "SELECT scheme_version, units_per_fen, branch_id, card_serial, card_issue FROM txn"
    " WHERE community_id = :community_id AND txn_id = :txn_id"
)
_COMMODITY: Final = Sql(
    "SELECT commodity FROM transfer WHERE community_id = :community_id AND txn_id = :txn_id ORDER BY line_no LIMIT 1"
)
_COUNT_BACK: Final = Sql(
    "UPDATE sale SET refunded_fen = refunded_fen + :fen WHERE community_id = :community_id AND sale_id = :sale_id"
    " AND state = 'done' AND refunded_fen = :seen"
)
_KEEP: Final = Sql(
    "INSERT INTO refund (community_id, refund_id, sale_id, ref, state, terminal_id, business_date, occurred_at,"
    " goods_fen, cash_fen, offset_fen, units_back, earned_back_units, owed_units, txn_id, undo) VALUES"
    " (:community_id, :refund_id, :sale_id, :ref, :state, :terminal_id, :business_date, :occurred_at, :goods_fen,"
    " :cash_fen, :offset_fen, :units_back, :earned_back_units, :owed_units, :txn_id, :undo)"
)


def refund(desk: Desk, request: RefundRequest, *, at: int) -> dict[str, Any]:
    """Book a refund whose money the shop itself gives back; the same request again is answered from the first time.

    Refuses: sale_not_found, sale_of_other_shop, sale_open, sale_void, refund_by_channel,
    refund_over_sale, amount_wrong, ref_bad, ref_taken, terminal_revoked, period_locked,
    undo_not_whole, undo_other_till, undo_too_late, request_id_reused, busy_try_again, recovery_wait,
    recovery_no_refunds.
    """
    terms = desk.terms_with(request.community_id, request.terminal_id)
    open_shop_accounts(desk, terms, request.terminal_id, at=at)

    def work(tx: Tx) -> dict[str, Any]:
        sale = find_sale(tx, terms, request)
        if sale.route == "gateway":
            raise Refusal("refund_by_channel")
        return book_refund(desk, tx, terms, request, sale, at=at, counted=False)

    try:
        return requests.once(
            desk.db,
            request.community_id,
            request.request_id,
            kind=KIND,
            body=request.body(),
            at=at,
            work=work,
        )
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed


def find_sale(tx: Tx, terms: Terms, request: RefundRequest) -> Row:
    """The sale to take back from, checked: this shop's, done, and with that much left of it."""
    check_refunds(tx, request.community_id, request.occurred_at)
    terminal = tx.find(
        _TERMINAL, community_id=request.community_id, terminal_id=request.terminal_id
    )
    if terminal is None or terminal.state != "active":
        raise Refusal("terminal_revoked")
    ref = read_reference(request.ref)
    if (
        ref is None
        or ref.terminal_code != terms.terminal(request.terminal_id).code
        or ref.counter != request.counter
    ):
        raise Refusal("ref_bad")
    if tx.find(_TAKEN, community_id=request.community_id, ref=request.ref) is not None:
        raise Refusal("ref_taken")
    sale = tx.find(SALE, community_id=request.community_id, ref=request.original_ref)
    if sale is None:
        raise Refusal("sale_not_found")
    if sale.merchant_id != terms.terminal(request.terminal_id).merchant_id:
        raise Refusal("sale_of_other_shop")
    if sale.state != "done":
        raise Refusal("sale_open" if sale.state == "open" else "sale_void")
    if request.refund_fen <= 0:
        raise Refusal("amount_wrong")
    if sale.refunded_fen + request.refund_fen > sale.total_fen:
        raise Refusal("refund_over_sale", left_fen=sale.total_fen - sale.refunded_fen)
    if request.undo is not None:
        _check_undo(terms, request, sale)
    return sale


def _check_undo(terms: Terms, request: RefundRequest, sale: Row) -> None:
    """An undo takes the whole sale back, where it was made and on its day (B19)."""
    if sale.refunded_fen or request.refund_fen != sale.total_fen:
        raise Refusal("undo_not_whole")
    if sale.terminal_id != request.terminal_id:
        raise Refusal("undo_other_till")
    if day_of(terms, request.occurred_at) != sale.business_date:
        raise Refusal("undo_too_late")


def day_of_refund(terms: Terms, sale: Row, at: int) -> int:
    """The business date of a refund (yyyymmdd): today, and where the clock was put back, no day before its sale's."""
    return max(day_of(terms, at), int(sale.business_date))


def split_of(sale: Row, refund_fen: int) -> RefundSplit:
    """What a refund of `refund_fen` gives back, after what was refunded before (ruling C14)."""
    return refund_split(
        total_fen=sale.total_fen,
        offset_fen=sale.offset_fen,
        offset_units=sale.offset_units,
        earned_units=sale.earned_units,
        refunded_before_fen=sale.refunded_fen,
        refund_fen=refund_fen,
    )


def count_step(request: RefundRequest, sale: Row) -> Step:
    """Count the goods as refunded; the guard misses where another refund of the sale was quicker."""
    return Step(
        _COUNT_BACK,
        {
            "community_id": request.community_id,
            "sale_id": sale.sale_id,
            "fen": request.refund_fen,
            "seen": sale.refunded_fen,
        },
        guard="refunded",
    )


def book_refund(  # noqa: PLR0913 - what was decided before comes along
    desk: Desk,
    tx: Tx,
    terms: Terms,
    request: RefundRequest,
    sale: Row,
    *,
    at: int,
    counted: bool,
    split: RefundSplit | None = None,
    day: int | None = None,
) -> dict[str, Any]:
    """Write the refund into the book. `counted`: the sale's count was raised before the channel was asked.

    `split` and `day` where they were decided before.
    """
    day = day or day_of_refund(terms, sale, at)
    check_open(tx, request.community_id, day)
    split = without_earned(
        tx, request.community_id, sale, split or split_of(sale, request.refund_fen)
    )
    commodity = (
        int(tx.get(_COMMODITY, community_id=request.community_id, txn_id=sale.txn_id).commodity)
        if (sale.offset_units or sale.earned_units)
        else 0
    )
    txn_id, taking = None, Taking(0, 0, 0, 0)
    steps = [] if counted else [count_step(request, sale)]
    if commodity and (split.units_back or split.earned_reversed_units):
        txn_id = new_id(at)
        more, taking = _posting_steps(
            desk, tx, terms, request, sale, split, commodity, txn_id=txn_id, at=at, day=day
        )
        steps += more
    steps.append(refund_step(request, sale, split, taking, txn_id=txn_id, day=day))
    apply(tx, steps)
    return answer_for(request, sale, split, taking, day=day)


def refund_step(
    request: RefundRequest,
    sale: Row,
    split: RefundSplit,
    taking: Taking,
    *,
    txn_id: int | None,
    day: int,
    state: str = "done",
) -> Step:
    """The refund's own row."""
    return Step(
        _KEEP,
        {
            "community_id": request.community_id,
            "refund_id": request.request_id,
            "sale_id": sale.sale_id,
            "ref": request.ref,
            "state": state,
            "terminal_id": request.terminal_id,
            "business_date": day,
            "occurred_at": request.occurred_at,
            "goods_fen": request.refund_fen,
            "cash_fen": split.cash_fen,
            "offset_fen": split.offset_fen,
            "units_back": split.units_back,
            "earned_back_units": split.earned_reversed_units,
            "owed_units": taking.to_owed,
            "txn_id": txn_id,
            "undo": request.undo,
        },
    )


def answer_for(
    request: RefundRequest,
    sale: Row,
    split: RefundSplit,
    taking: Taking,
    *,
    day: int,
) -> dict[str, Any]:
    """What the till is told; amounts in fen and units."""
    return {
        **({} if request.undo is None else {"undo": request.undo}),
        **({"borne_units": taking.borne} if taking.borne else {}),
        "ref": request.ref,
        "original_ref": sale.ref,
        "business_date": day,
        "occurred_at": request.occurred_at,
        "refund_fen": request.refund_fen,
        "cash_back_fen": split.cash_fen,
        "offset_back_fen": split.offset_fen,
        "units_back": split.units_back,
        "earned_reversed_units": split.earned_reversed_units,
        "owed_units": taking.to_owed,
        "left_fen": sale.total_fen - sale.refunded_fen - request.refund_fen,
    }


def _posting_steps(  # noqa: PLR0913 - a refund depends on all of these at once
    desk: Desk,
    tx: Tx,
    terms: Terms,
    request: RefundRequest,
    sale: Row,
    split: RefundSplit,
    commodity: int,
    *,
    txn_id: int,
    at: int,
    day: int,
) -> tuple[list[Step], Taking]:
    here = request.community_id
    owner = owner_of(tx, here, sale, commodity, int(sale.wallet_owner_id))
    earner = earner_of(tx, here, sale, commodity, at=at)
    borne = borne_of(tx, here, sale, commodity, split.units_back, at=at)
    taking = take_back(replace(split, units_back=split.units_back - borne.units), owner, earner)
    taking = taking._replace(borne=borne.units)
    shop = desk.side(here, Account.OFFSET, commodity, sale.merchant_id, at=at)
    issued = desk.side(here, Account.ISSUED_CONSUMPTION, commodity, at=at)
    first = tx.get(_TXN, community_id=here, txn_id=sale.txn_id)
    posting = Posting(
        community_id=here,
        kind=Kind.REFUND,
        request_id=request.request_id,
        txn_id=txn_id,
        occurred_at=request.occurred_at,
        at=at,
        business_date=day,
        lines=refund_lines(split, taking, (owner, earner or owner), shop, issued, commodity, borne),
        ref=request.ref,
        scheme_period=str(day // 100),
        scheme_version=first.scheme_version,
        units_per_fen=first.units_per_fen,
        person_id=sale.person_id,
        wallet_owner_id=sale.wallet_owner_id,
        card_serial=first.card_serial,
        card_issue=first.card_issue,
        merchant_id=sale.merchant_id,
        branch_id=first.branch_id,
        terminal_id=request.terminal_id,
        staff_id=request.clerk_id,
        reason_key="refund",
        source="till",
        corrects_date=sale.business_date,
    )
    steps = posting_steps(posting)
    if taking.from_pending:
        steps.append(pending_less_step(here, sale.txn_id, taking.from_pending))
    if split.offset_fen:
        steps.append(_offset_back(posting, sale, split))
    return steps + limits_back(tx, terms, sale, split), taking


def _offset_back(posting: Posting, sale: Row, split: RefundSplit) -> Step:
    """The offset's negative row: what the shop may no longer claim."""
    return offset_step(
        posting.community_id,
        posting.txn_id,
        claimant_id=sale.merchant_id,
        terminal_id=posting.terminal_id or 0,
        ref=posting.ref or "",
        kind="refund",
        original_ref=sale.ref,
        units=-split.units_back,
        fen=-split.offset_fen,
        units_per_fen=posting.units_per_fen or 0,
        business_date=posting.business_date,
        occurred_at=posting.occurred_at,
    )
