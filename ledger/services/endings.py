"""How vouchers end: used at their provider, given back, or past their last day. Each ends once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.cover import release_step
from ledger.book.facts import offset_step
from ledger.book.posting import Line, Posting, Side, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.repay import repay_from_wallet
from ledger.book.steps import Step, apply
from ledger.errors import Refusal
from ledger.households.limits import member_back_step
from ledger.ids import derived_request_id, new_id
from ledger.services.items import COMMUNITY, is_served
from ledger.services.orders import cancel_steps, done_steps, open_order
from ledger.services.rules import check_returnable, check_usable, number_text
from ledger.services.vouchers import find_by_serial, lock_voucher, standing_of
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY

_END: Final = Sql(
    "INSERT INTO voucher_end (community_id, voucher_id, how, provider_id, terminal_id, ref, units, fen,"
    " business_date, occurred_at, ended_at, request_id, txn_id) VALUES (:community_id, :voucher_id,"
    " :how, :provider_id, :terminal_id, :ref, :units, :fen, :business_date, :occurred_at, :at,"
    " :request_id, :txn_id) ON CONFLICT (community_id, voucher_id) DO NOTHING"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A voucher shown at a till. `providers`: whose vouchers it takes; 0 among them at the community's own desk.

    Days are yyyymmdd, times in microseconds UTC. Without a till `terminal_id` is 0 and `source` page or desk.
    """

    community_id: int
    request_id: str
    serial: int
    providers: frozenset[int]
    merchant_id: int | None
    branch_id: int | None
    terminal_id: int
    clerk_id: int | None
    ref: str
    business_date: int
    occurred_at: int
    scheme_version: str = ""
    source: str = "till"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """An end that no till makes: given back, expired or lapsed; `staff_id` where the office did it."""

    community_id: int
    request_id: str
    how: str
    business_date: int
    staff_id: int | None = None
    source: str = "page"


def use(tx: Tx, used: Use, *, at: int) -> dict[str, Any]:
    """Redeem a voucher at its provider, in the caller's transaction; its order is done with it.

    The provider may claim the contract's price from now on; what the community does itself nobody claims.
    Refuses: voucher_not_found, voucher_other_provider, voucher_used, voucher_returned, voucher_expired,
    voucher_not_booked, period_locked. Raises GuardMissedError (`voucher`) where another till was quicker: the next try
    says so.
    """
    here = used.community_id
    voucher = find_by_serial(tx, here, used.serial)
    if voucher is None:
        raise Refusal("voucher_not_found")
    check_usable(standing_of(voucher), used.providers, used.business_date)
    lock_voucher(tx, here, int(voucher.voucher_id))
    check_open(tx, here, used.business_date)
    posting = _use_posting(tx, used, voucher, at=at)
    steps = [
        *posting_steps(posting),
        _end_step(voucher, "used", posting, at=at),
        *_claimable(used, voucher, posting.txn_id),
        *done_steps(tx, here, voucher, at=at),
    ]
    apply(tx, steps)
    return {
        "voucher_id": str(voucher.voucher_id),
        "number": number_text(int(voucher.serial)),
        "service": voucher.name,
        "ref": used.ref,
        "units": int(voucher.units),
        "fen": int(voucher.contract_fen),
        "business_date": used.business_date,
        "occurred_at": used.occurred_at,
        "sold_on": int(voucher.business_date),
        "last_day": int(voucher.last_day),
    }


def give_back(tx: Tx, voucher: Row, ending: Ending, *, at: int) -> dict[str, Any]:
    """Take an unused voucher back: its points return to the wallet they came from.

    Where its provider takes none any more, one that is not taken back otherwise is.

    Refuses: voucher_used, voucher_returned, voucher_expired, voucher_not_returnable, period_locked.
    """
    standing = standing_of(voucher)
    if not is_served(tx, ending.community_id, standing.provider_id, ending.business_date):
        standing = standing._replace(returnable=True)
    check_returnable(standing, ending.business_date)
    return end(tx, voucher, ending, at=at)


def end(tx: Tx, voucher: Row, ending: Ending, *, at: int) -> dict[str, Any]:
    """End a voucher that is still open, as `returned`, `expired` (both give the points back) or `lapsed`.

    What was bound for its provider is free again; points that come back repay what is owed first, and count no longer
    against the member's month. Refuses: period_locked. Raises GuardMissedError where it has ended.
    """
    here, commodity = ending.community_id, int(voucher.commodity)
    check_open(tx, here, ending.business_date)
    lock_voucher(tx, here, int(voucher.voucher_id))
    if ending.how == "lapsed":
        to = Side(account_id(tx, here, Account.EXPIRED, commodity, at=at), Account.EXPIRED)
    else:
        owner = int(voucher.wallet_owner_id)
        to = Side(account_id(tx, here, Account.WALLET, commodity, owner, at=at), Account.WALLET)
    posting = Posting(
        community_id=here,
        kind=Kind.VOUCHER_END,
        request_id=ending.request_id,
        txn_id=new_id(at),
        occurred_at=at,
        at=at,
        business_date=ending.business_date,
        lines=[Line(_waiting(tx, here, commodity, at), to, commodity, int(voucher.units))],
        person_id=int(voucher.person_id),
        wallet_owner_id=int(voucher.wallet_owner_id),
        staff_id=ending.staff_id,
        reason_key=f"voucher_{ending.how}",
        source=ending.source,
    )
    freed = []
    if int(voucher.provider_id) != COMMUNITY:
        cover = account_id(tx, here, Account.COVER, CNY, int(voucher.provider_id), at=at)
        freed = [release_step(here, cover, int(voucher.contract_fen))]
    order = open_order(tx, here, int(voucher.voucher_id))
    if order is not None:
        freed += cancel_steps(here, order, at)
    if ending.how != "lapsed":
        bought_in, units = int(voucher.business_date) // 100, int(voucher.units)
        owner, person = int(voucher.wallet_owner_id), int(voucher.person_id)
        freed.append(member_back_step(here, person, owner, bought_in, units))
    apply(tx, [*posting_steps(posting), _end_step(voucher, ending.how, posting, at=at), *freed])
    if ending.how != "lapsed":
        repay_from_wallet(
            tx,
            here,
            int(voucher.wallet_owner_id),
            commodity,
            request_id=derived_request_id("voucher_repay", here, int(voucher.voucher_id)),
            at=at,
            business_date=ending.business_date,
        )
    return {
        "voucher_id": str(voucher.voucher_id),
        "how": ending.how,
        "units": int(voucher.units),
        "txn_id": str(posting.txn_id),
    }


def _use_posting(tx: Tx, used: Use, voucher: Row, *, at: int) -> Posting:
    here, commodity = used.community_id, int(voucher.commodity)
    own = int(voucher.provider_id) == COMMUNITY
    kind = Account.REDEEMED if own else Account.OFFSET
    to = Side(account_id(tx, here, kind, commodity, int(voucher.provider_id), at=at), kind)
    return Posting(
        community_id=here,
        kind=Kind.VOUCHER_USE,
        request_id=used.request_id,
        txn_id=new_id(at),
        occurred_at=used.occurred_at,
        at=at,
        business_date=used.business_date,
        lines=[Line(_waiting(tx, here, commodity, at), to, commodity, int(voucher.units))],
        ref=used.ref,
        scheme_period=str(used.business_date // 100),
        scheme_version=used.scheme_version,
        person_id=int(voucher.person_id),
        wallet_owner_id=int(voucher.wallet_owner_id),
        merchant_id=used.merchant_id,
        branch_id=used.branch_id,
        terminal_id=used.terminal_id,
        staff_id=used.clerk_id,
        reason_key=Kind.VOUCHER_USE.value,
        source=used.source,
    )


def _claimable(used: Use, voucher: Row, txn_id: int) -> list[Step]:
    """The provider's offset at the contract's price; the guard `ref` misses where the till used the number before."""
    if int(voucher.provider_id) == COMMUNITY:
        return []
    return [
        offset_step(
            used.community_id,
            txn_id,
            claimant_id=int(voucher.provider_id),
            terminal_id=used.terminal_id,
            ref=used.ref,
            kind="voucher",
            original_ref=None,
            units=int(voucher.units),
            fen=int(voucher.contract_fen),
            units_per_fen=0,
            business_date=used.business_date,
            occurred_at=used.occurred_at,
        )
    ]


def _waiting(tx: Tx, community_id: int, commodity: int, at: int) -> Side:
    return Side(account_id(tx, community_id, Account.VOUCHER, commodity, at=at), Account.VOUCHER)


def _end_step(voucher: Row, how: str, posting: Posting, *, at: int) -> Step:
    used = how == "used"
    return Step(
        _END,
        {
            "community_id": posting.community_id,
            "voucher_id": int(voucher.voucher_id),
            "how": how,
            "provider_id": int(voucher.provider_id),
            "terminal_id": posting.terminal_id or None,
            "ref": posting.ref,
            "units": int(voucher.units),
            "fen": int(voucher.contract_fen) if used else 0,
            "business_date": posting.business_date,
            "occurred_at": posting.occurred_at,
            "at": at,
            "request_id": posting.request_id,
            "txn_id": posting.txn_id,
        },
        guard="voucher",
    )
