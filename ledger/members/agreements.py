"""Agreements with shops, by date: what a shop may do, how purchases are proven, how much a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.earning.calendar import business_date, day_from_key, day_key
from ledger.errors import Refusal
from ledger.members import settings
from ledger.members.communities import get_community, raise_config_version
from ledger.members.merchants import get_merchant
from ledger.members.words import check_text
from ledger.sql import Row, Sql, Tx
from ledger.units import MOST_FEN

ROLES: Final = ("earn", "offset", "redeem", "fee")
"""What a shop may do: give points for yuan, take points as yuan, hand out goods for points, have its fee bills paid
in part by points."""
PROOFS: Final = ("gateway", "bill", "acquirer", "sample")
"""How the community learns that a purchase was paid."""
MOST_PROOF_DAYS: Final = 30
WHOLE_BP: Final = 10_000
"""Hundredths of a percent in a whole."""

_AGREEMENT_COLUMNS: Final = (
    "merchant_id, effective_from, effective_to, agreement_no, roles, proof, proof_days,"
    " allowance_day_fen, cofund_bp"
)
_AGREEMENTS: Final = Sql(
    f"SELECT {_AGREEMENT_COLUMNS} FROM agreement WHERE community_id = :community_id"
    " ORDER BY merchant_id, effective_from"
)
_SIGN: Final = Sql(
    "INSERT INTO agreement (community_id, merchant_id, effective_from, effective_to, agreement_no,"
    " roles, proof, proof_days, allowance_day_fen, signed_at, cofund_bp) VALUES (:community_id,"
    " :merchant_id, :effective_from, :effective_to, :agreement_no, :roles, :proof, :proof_days,"
    " :allowance_day_fen, :signed_at, :cofund_bp)"
)
_SIGNED: Final = Sql(
    "SELECT signed_at FROM agreement WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND effective_from = :effective_from"
)
_END: Final = Sql(
    "UPDATE agreement SET effective_to = :effective_to WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND effective_from = :effective_from"
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was signed with a shop, in force from `effective_from` to `effective_to` (yyyymmdd).

    `cofund_bp`: the share, in hundredths of a percent, of the value of its points that the shop bears.
    """

    merchant_id: int
    effective_from: int
    effective_to: int | None
    agreement_no: str
    roles: frozenset[str]
    proof: str
    proof_days: int
    allowance_day_fen: int
    cofund_bp: int = 0

    def covers(self, business_date: int) -> bool:
        """Whether it is in force on that day, the last day included."""
        last = self.effective_to
        return self.effective_from <= business_date and (last is None or business_date <= last)


def sign_agreement(tx: Tx, community_id: int, agreement: Agreement, *, by: By, at: int) -> None:
    """Put an agreement in force; the open one before it ends on the day before it begins.

    What is worse for the shop begins only when it has known it for the days the settings name. Refusals:
    merchant_not_found, agreement_dates, agreement_terms, agreement_share_month, agreement_notice.
    """
    get_merchant(tx, community_id, agreement.merchant_id)
    _check_terms(agreement)
    earlier = agreements_of(tx, community_id, agreement.merchant_id)
    if earlier:
        _check_share(tx, community_id, earlier[-1], agreement, at=at)
        _check_notice(tx, community_id, earlier[-1], agreement, at=at)
        _end_before(tx, community_id, earlier[-1], agreement.effective_from)
    tx.run(
        _SIGN,
        community_id=community_id,
        merchant_id=agreement.merchant_id,
        effective_from=agreement.effective_from,
        effective_to=agreement.effective_to,
        agreement_no=agreement.agreement_no,
        roles=",".join(role for role in ROLES if role in agreement.roles),
        proof=agreement.proof,
        proof_days=agreement.proof_days,
        allowance_day_fen=agreement.allowance_day_fen,
        cofund_bp=agreement.cofund_bp,
        signed_at=at,
    )
    raise_config_version(tx, community_id)
    audit.record(
        tx,
        community_id,
        by,
        "agreement.sign",
        f"merchant:{agreement.merchant_id}",
        at=at,
        after={
            "agreement_no": agreement.agreement_no,
            "effective_from": agreement.effective_from,
            "allowance_day_fen": agreement.allowance_day_fen,
            "cofund_bp": agreement.cofund_bp,
        },
    )


def all_agreements(tx: Tx, community_id: int) -> list[Agreement]:
    """Every agreement ever signed, by shop and first day."""
    return [_agreement(row) for row in tx.all(_AGREEMENTS, community_id=community_id)]


def agreements_of(tx: Tx, community_id: int, merchant_id: int) -> list[Agreement]:
    """A shop's agreements, the earliest first."""
    return [row for row in all_agreements(tx, community_id) if row.merchant_id == merchant_id]


def agreement_on(agreements: Iterable[Agreement], business_date: int) -> Agreement | None:
    """The one of a shop's agreements that is in force on that day (yyyymmdd)."""
    return next((row for row in agreements if row.covers(business_date)), None)


def share_in(agreements: Iterable[Agreement], month: int) -> int:
    """The share, in hundredths of a percent, that a shop bears of the points it gives out in a month (yyyymm).

    It is the same on every day of a month: another share begins with a month (see `sign_agreement`).
    """
    first, last = month * 100 + 1, month * 100 + 31
    share = 0
    for row in agreements:
        if row.effective_from <= last and (row.effective_to is None or row.effective_to >= first):
            share = row.cofund_bp
    return share


def worse_terms(before: Agreement, after: Agreement) -> tuple[str, ...]:
    """What an agreement takes from a shop, by name: a larger share, a smaller allowance, a role it loses."""
    found = []
    if after.cofund_bp > before.cofund_bp:
        found.append("cofund")
    if after.allowance_day_fen < before.allowance_day_fen:
        found.append("allowance")
    if before.roles - after.roles:
        found.append("roles")
    return tuple(found)


def signed_on(tx: Tx, community_id: int, merchant_id: int, effective_from: int) -> int:
    """When the agreement that begins on a day was signed, and so its shop told.

    Refusals: agreement_not_found.
    """
    row = tx.find(
        _SIGNED,
        community_id=community_id,
        merchant_id=merchant_id,
        effective_from=effective_from,
    )
    if row is None:
        raise Refusal("agreement_not_found")
    return int(row.signed_at)


def _check_notice(
    tx: Tx, community_id: int, before: Agreement, agreement: Agreement, *, at: int
) -> None:
    """Worse terms count after notice; an agreement that has ended binds nobody any more."""
    today = business_date(at, get_community(tx, community_id).timezone)
    if not worse_terms(before, agreement) or not before.covers(day_key(today)):
        return
    days = settings.current(tx, community_id).notice_days
    first = day_key(today + timedelta(days=days))
    if agreement.effective_from < first:
        raise Refusal("agreement_notice", days=days, first_date=first)


def _check_share(
    tx: Tx, community_id: int, before: Agreement, agreement: Agreement, *, at: int
) -> None:
    """Another share counts from a later month on: what was given out before is shared as was agreed then."""
    if agreement.cofund_bp == before.cofund_bp:
        return
    today = business_date(at, get_community(tx, community_id).timezone)
    next_month = (today.replace(day=1) + timedelta(days=31)).replace(day=1)
    first = agreement.effective_from
    if first % 100 != 1 or first < day_key(next_month):
        raise Refusal("agreement_share_month", first_date=day_key(next_month))


def _agreement(row: Row) -> Agreement:
    first, last = int(row.effective_from), row.effective_to
    return Agreement(
        merchant_id=int(row.merchant_id),
        effective_from=first,
        effective_to=None if last is None else int(last),
        agreement_no=row.agreement_no,
        roles=frozenset(row.roles.split(",")) - {""},
        proof=row.proof,
        proof_days=int(row.proof_days),
        allowance_day_fen=int(row.allowance_day_fen),
        cofund_bp=int(row.cofund_bp),
    )


def _check_terms(agreement: Agreement) -> None:
    first, last = agreement.effective_from, agreement.effective_to
    if not _is_day(first) or (last is not None and (not _is_day(last) or last < first)):
        raise Refusal("agreement_dates")
    check_text(agreement.agreement_no)
    if not agreement.roles or not agreement.roles <= set(ROLES):
        raise Refusal("agreement_terms", field="roles", allowed=", ".join(ROLES))
    if agreement.proof not in PROOFS:
        raise Refusal("agreement_terms", field="proof", allowed=", ".join(PROOFS))
    if not 0 <= agreement.proof_days <= MOST_PROOF_DAYS:
        raise Refusal("agreement_terms", field="proof_days", allowed=f"0-{MOST_PROOF_DAYS}")
    if not 0 <= agreement.cofund_bp <= WHOLE_BP:
        raise Refusal("agreement_terms", field="cofund", allowed="0-100")
    if not 0 <= agreement.allowance_day_fen <= MOST_FEN:
        raise Refusal("agreement_terms", field="allowance_day_fen", allowed=f"0-{MOST_FEN}")


def _end_before(tx: Tx, community_id: int, earlier: Agreement, business_date: int) -> None:
    if earlier.effective_from >= business_date:
        raise Refusal("agreement_dates")
    if earlier.covers(business_date):
        tx.run(
            _END,
            community_id=community_id,
            merchant_id=earlier.merchant_id,
            effective_from=earlier.effective_from,
            effective_to=day_key(day_from_key(business_date) - timedelta(days=1)),
        )


def _is_day(number: int) -> bool:
    try:
        day_from_key(number)
    except ValueError:
        return False
    return True
