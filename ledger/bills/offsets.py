"""Points taken off a fee bill: held when the household asks, booked when the biller confirms, or released.

Everything here runs inside the caller's transaction. Rows are always taken in the same order: the bill, the wallet, the
month's limit, the biller's cover.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from ledger.bills.facts import Bill, get_bill, get_offset
from ledger.bills.rules import FeeRules, check_wish
from ledger.book.accounts import account_id, find_account
from ledger.book.balances import wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.cover import authorise_step, cover_of, release_step
from ledger.book.facts import CapUse, cap_back_step, caps_step, offset_step
from ledger.book.holds import end_hold, open_hold, open_holds_of
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.repay import repay_from_wallet
from ledger.book.steps import Step, apply
from ledger.earning.rates import offset_fen
from ledger.errors import GuardMissedError, Refusal
from ledger.households import limits
from ledger.ids import derived_request_id, new_id
from ledger.recovery.epochs import check_whole
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY

PURPOSE: Final = "bill"
"""What a hold for a bill is called."""

TAKE_ROOM: Final = Sql(
    "UPDATE fee_bill SET offset_fen = offset_fen + :fen, offsets = offsets + 1"
    " WHERE community_id = :community_id AND bill_id = :bill_id AND version = :version"
    " AND offset_fen + :fen <= ceiling_fen RETURNING offsets"
)
GIVE_ROOM: Final = Sql(
    "UPDATE fee_bill SET offset_fen = offset_fen - :fen WHERE community_id = :community_id"
    " AND bill_id = :bill_id AND offset_fen >= :fen"
)
_KEEP: Final = Sql(
    "INSERT INTO fee_offset (community_id, offset_id, bill_id, biller_id, ref, household_id, person_id,"
    " wallet_owner_id, commodity, units, fen, units_per_fen, scheme_version, cap_code, counted_month,"
    " hold_request, state, asked_by, opened_at, expires_at, why, backs, back_units, back_fen)"
    " VALUES (:community_id, :offset_id, :bill_id, :biller_id, :ref, :household_id, :person_id,"
    " :wallet_owner_id, :commodity, :units, :fen, :units_per_fen, :scheme_version, :cap_code,"
    " :counted_month, :hold_request, 'held', :asked_by, :at, :expires_at, '', 0, 0, 0)"
)
_BOOKED: Final = Sql(
    "UPDATE fee_offset SET state = 'booked', txn_id = :txn_id, business_date = :business_date,"
    " ended_at = :at WHERE community_id = :community_id AND offset_id = :offset_id AND state = 'held'"
)
_RELEASED: Final = Sql(
    "UPDATE fee_offset SET state = 'released', why = :why, ended_at = :at"
    " WHERE community_id = :community_id AND offset_id = :offset_id AND state = 'held'"
)
_USED: Final = Sql(
    "SELECT used FROM cap_counter WHERE community_id = :community_id AND subject_id = :subject_id"
    " AND cap_code = :cap_code AND period_key = :period_key"
)


class CoverShortError(Exception):
    """The biller's free reserve is smaller than the offset asked for; fill it and ask again."""

    def __init__(self, biller_id: int, need_fen: int) -> None:
        """Name the biller and what it needs, in fen."""
        super().__init__(biller_id)
        self.biller_id = biller_id
        self.need_fen = need_fen


class Asked(NamedTuple):
    """What a household asks for; `day` is the business date (yyyymmdd), times in microseconds UTC.

    `asked_by`: `resident` on the own page, `office` with the card at the desk.
    """

    community_id: int
    request_id: str
    bill_id: int
    person_id: int
    household_id: int
    units: int
    asked_by: str
    day: int
    at: int
    expires_at: int


def owner_of(rules: FeeRules, person_id: int, household_id: int) -> int:
    """Whose wallet pays: the household's where it shares one, else the person's own."""
    return household_id if rules.has_pool else person_id


def month_used(tx: Tx, community_id: int, rules: FeeRules, household_id: int) -> int:
    """Units the household used against such bills this month: the limit is the household's, as the bill is."""
    if rules.month is None:
        return 0
    row = tx.find(
        _USED,
        community_id=community_id,
        subject_id=household_id,
        cap_code=rules.month.code,
        period_key=rules.month.period_key,
    )
    return 0 if row is None else int(row.used)


def hold_points(tx: Tx, rules: FeeRules, asked: Asked) -> dict[str, Any]:
    """Set points aside for a bill, with its room, the month's limit and the biller's cover; gives the answer to keep.

    Refusals: fee_bill_not_found, fee_bill_other_household, fee_bill_cancelled, points_owed, insufficient_points,
    recovery_open and those of `ledger.bills.rules.check_wish`. Raises CoverShortError, and GuardMissedError where
    somebody else was quicker.
    """
    here = asked.community_id
    check_whole(tx, here)
    bill = get_bill(tx, here, asked.bill_id)
    if bill.household_id != asked.household_id:
        raise Refusal("fee_bill_other_household")
    if bill.is_cancelled:
        raise Refusal("fee_bill_cancelled")
    fen = _check_asked(tx, rules, bill, asked)
    cover = account_id(tx, here, Account.COVER, CNY, bill.biller_id, at=asked.at)
    if cover_of(tx, here, cover).free < fen:
        raise CoverShortError(bill.biller_id, fen)
    return _hold(tx, rules, bill, asked, fen, cover)


def _check_asked(tx: Tx, rules: FeeRules, bill: Bill, asked: Asked) -> int:
    """The yuan behind the wish (fen), once nothing speaks against it."""
    check_wish(
        rules,
        asked.units,
        ceiling=bill.ceiling_fen,
        offset_so_far=bill.offset_fen,
        month_used=month_used(tx, asked.community_id, rules, asked.household_id),
    )
    owner = owner_of(rules, asked.person_id, asked.household_id)
    wallet = wallet_of(tx, asked.community_id, owner, rules.commodity)
    if wallet.owed > 0:
        raise Refusal("points_owed", owed_units=wallet.owed)
    if asked.units > wallet.available:
        raise Refusal(
            "insufficient_points", available_units=wallet.available, asked_units=asked.units
        )
    return offset_fen(rules.offset, asked.units)


def _hold(
    tx: Tx, rules: FeeRules, bill: Bill, asked: Asked, fen: int, cover: int
) -> dict[str, Any]:
    here = asked.community_id
    owner = owner_of(rules, asked.person_id, asked.household_id)
    place = {"community_id": here, "bill_id": bill.bill_id}
    taken = {**place, "fen": fen, "version": bill.version}
    room = apply(tx, [Step(TAKE_ROOM, taken, guard="fee_bill", returns=True)])
    ref = f"{bill.bill_no}-{room['fee_bill'].offsets}"
    wallet = account_id(tx, here, Account.WALLET, rules.commodity, owner, at=asked.at)
    open_hold(
        tx,
        here,
        wallet,
        commodity=rules.commodity,
        amount=asked.units,
        purpose=PURPOSE,
        request_id=asked.request_id,
        at=asked.at,
        expires_at=asked.expires_at,
    )
    offset_id, month = new_id(asked.at), rules.month
    row = {
        **place,
        "offset_id": offset_id,
        "biller_id": bill.biller_id,
        "ref": ref,
        "household_id": asked.household_id,
        "person_id": asked.person_id,
        "wallet_owner_id": owner,
        "commodity": rules.commodity,
        "units": asked.units,
        "fen": fen,
        "units_per_fen": rules.units_per_fen,
        "scheme_version": rules.version,
        "cap_code": "" if month is None else month.code,
        "counted_month": asked.day // 100 if month is None else month.period_key,
        "hold_request": asked.request_id,
        "asked_by": asked.asked_by,
        "at": asked.at,
        "expires_at": asked.expires_at,
    }
    counted = [CapUse(month.code, month.period_key, asked.units, month.units)] if month else []
    counts = [caps_step(here, asked.household_id, counted)] if counted else []
    apply(tx, [*counts, authorise_step(here, cover, fen), Step(_KEEP, row)])
    return {
        "offset_id": str(offset_id),
        "bill_id": str(bill.bill_id),
        "bill_no": bill.bill_no,
        "ref": ref,
        "units": asked.units,
        "fen": fen,
        "left_fen": bill.amount_fen - bill.offset_fen - fen,
        "expires_at": asked.expires_at,
    }


def confirm(
    tx: Tx,
    community_id: int,
    offset_id: int,
    *,
    day: int,
    at: int,
    source: str,
    staff_id: int | None = None,
) -> int:
    """Book a held offset on business date `day`: the biller took the yuan off its bill. Returns the entry's number.

    Refusals: fee_offset_not_found, fee_offset_ended, period_locked.
    """
    offset = get_offset(tx, community_id, offset_id)
    if offset.state != "held":
        raise Refusal("fee_offset_ended", state=offset.state)
    check_open(tx, community_id, day)
    txn_id = new_id(at)
    captured = _end_hold(tx, community_id, offset, txn_id=txn_id, at=at)
    wallet = Side(next(iter(captured)), Account.WALLET)
    shop = offset_side(tx, community_id, offset, at=at)
    posting = Posting(
        community_id=community_id,
        kind=Kind.BILL_OFFSET,
        request_id=derived_request_id("fee_offset", community_id, offset_id),
        txn_id=txn_id,
        occurred_at=at,
        at=at,
        business_date=day,
        lines=[Line(wallet, shop, offset.commodity, offset.units)],
        captured=captured,
        **header_of(offset, day, offset.ref, source, staff_id),
    )
    booked = {"community_id": community_id, "offset_id": offset_id, "txn_id": txn_id}
    apply(
        tx,
        [
            *posting_steps(posting),
            booked_step(posting, offset, offset.units, offset.fen, None),
            Step(_BOOKED, {**booked, "business_date": day, "at": at}, guard="fee_offset"),
        ],
    )
    return txn_id


def release(tx: Tx, community_id: int, offset_id: int, *, why: str, day: int, at: int) -> None:
    """Let a held offset go: points, the bill's room, the month's limit and the cover are free again.

    Refusals: fee_offset_not_found, fee_offset_ended.
    """
    offset = get_offset(tx, community_id, offset_id)
    if offset.state != "held":
        raise Refusal("fee_offset_ended", state=offset.state)
    here = {"community_id": community_id}
    room = {**here, "bill_id": offset.bill_id, "fen": offset.fen}
    apply(tx, [Step(GIVE_ROOM, room, guard="fee_bill")])
    let_go(tx, community_id, offset, at=at)
    ended = {**here, "offset_id": offset_id, "why": why, "at": at}
    cover = account_id(tx, community_id, Account.COVER, CNY, offset.biller_id, at=at)
    apply(
        tx,
        [
            *month_back_steps(community_id, offset, offset.units),
            release_step(community_id, cover, offset.fen),
            Step(_RELEASED, ended, guard="fee_offset"),
        ],
    )
    repay_from_wallet(
        tx,
        community_id,
        offset.wallet_owner_id,
        offset.commodity,
        request_id=derived_request_id("fee_repay", community_id, offset_id),
        at=at,
        business_date=day,
    )


def month_back_steps(community_id: int, offset: Row, units: int) -> list[Step]:
    """What comes back no longer counts against the month it was counted in, the bill's and the member's."""
    month = int(offset.counted_month)
    owner, person = int(offset.wallet_owner_id), int(offset.person_id)
    member = limits.member_back_step(community_id, person, owner, month, units)
    if not offset.cap_code:
        return [member]
    counted = (community_id, offset.household_id, offset.cap_code, month)
    return [cap_back_step(*counted, units), member]


def let_go(tx: Tx, community_id: int, offset: Row, *, at: int) -> None:
    """End an offset's hold so that its points are free."""
    for held in open_holds_of(tx, community_id, offset.hold_request):
        end_hold(tx, community_id, held.hold_id, account_id=held.account_id, amount=held.amount,
                 captured=False, txn_id=None, at=at)  # fmt: skip


def _end_hold(tx: Tx, community_id: int, offset: Row, *, txn_id: int, at: int) -> dict[int, int]:
    captured: dict[int, int] = {}
    for held in open_holds_of(tx, community_id, offset.hold_request):
        end_hold(tx, community_id, held.hold_id, account_id=held.account_id, amount=held.amount,
                 captured=True, txn_id=txn_id, at=at)  # fmt: skip
        captured[int(held.account_id)] = int(held.amount)
    if sum(captured.values()) != offset.units:
        raise GuardMissedError("fee_hold")
    return captured


def offset_side(tx: Tx, community_id: int, offset: Row, *, at: int) -> Side:
    """The biller's account of honoured points."""
    number = account_id(tx, community_id, Account.OFFSET, offset.commodity, offset.biller_id, at=at)
    return Side(number, Account.OFFSET)


def header_of(offset: Row, day: int, ref: str, source: str, staff_id: int | None) -> dict[str, Any]:
    """What an entry of an offset says of itself, whichever way the points go."""
    return {
        "ref": ref,
        "scheme_period": str(day // 100),
        "scheme_version": offset.scheme_version,
        "units_per_fen": int(offset.units_per_fen),
        "person_id": int(offset.person_id),
        "wallet_owner_id": int(offset.wallet_owner_id),
        "merchant_id": int(offset.biller_id),
        "terminal_id": 0,
        "staff_id": staff_id,
        "source": source,
        "reason_key": "fee_bill",
    }


def booked_step(
    posting: Posting, offset: Row, units: int, fen: int, original_ref: str | None
) -> Step:
    """The row the biller may claim; what comes back has negative units and fen and names the offset."""
    return offset_step(
        posting.community_id,
        posting.txn_id,
        claimant_id=int(offset.biller_id),
        terminal_id=0,
        ref=posting.ref or "",
        kind="bill",
        original_ref=original_ref,
        units=units,
        fen=fen,
        units_per_fen=int(offset.units_per_fen),
        business_date=posting.business_date,
        occurred_at=posting.occurred_at,
    )


def wallet_side(tx: Tx, community_id: int, offset: Row) -> Side:
    """The wallet an offset was paid from."""
    found = find_account(tx, community_id, Account.WALLET, offset.commodity, offset.wallet_owner_id)
    if found is None:
        raise LookupError("an offset without a wallet")
    return Side(found, Account.WALLET)
