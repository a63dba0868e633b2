"""Where a shop's money goes: changed by two people, and only after a pause in which the shop can object."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Final

from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.errors import Refusal
from ledger.members import approvals, settings
from ledger.members.merchants import get_merchant
from ledger.members.shop_ties import check_not_own_shop
from ledger.members.words import check_text
from ledger.sql import Sql, Tx

APPROVAL: Final = "payout_account"

_HOUR_US: Final = 3_600 * SECOND_US
_NUMBER: Final = re.compile(r"[0-9]{8,30}", re.ASCII)
_KEEP: Final = Sql(
    "INSERT INTO payout_account (community_id, merchant_id, effective_at, holder, bank, account_no,"
    " set_by, approved_by) VALUES (:community_id, :merchant_id, :effective_at, :holder, :bank,"
    " :account_no, :set_by, :approved_by)"
)
_AT: Final = Sql(
    "SELECT holder, bank, account_no FROM payout_account WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND effective_at <= :at ORDER BY effective_at DESC LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class PayoutAccount:
    """A bank account; it stands in no log, no QR code and no record of acts."""

    holder: str
    bank: str
    account_no: str


def propose(
    tx: Tx, community_id: int, merchant_id: int, account: PayoutAccount, *, by: By, at: int
) -> int:
    """Propose a shop's account for a second person to approve; returns the proposal's number.

    Refusals: merchant_not_found, payout_account_bad, name_bad.
    """
    _check(tx, community_id, merchant_id, account)
    body = {"merchant_id": str(merchant_id), **asdict(account)}
    subject = f"merchant:{merchant_id}"
    return approvals.propose(tx, community_id, APPROVAL, subject, body, by=by, at=at)


def approve(tx: Tx, community_id: int, approval_id: int, *, by: By, at: int) -> int:
    """Approve a proposed account; returns from when on it is used (microseconds UTC).

    A shop's first account counts at once, a change after the community's pause: until then payouts
    go where they went.
    Refusals: approval_not_found, approval_decided, approval_same_person, own_shop.
    """
    approved = approvals.approve(tx, community_id, approval_id, by=by, at=at)
    if approved.kind != APPROVAL:
        raise Refusal("approval_not_found")
    merchant_id = int(approved.body["merchant_id"])
    check_not_own_shop(tx, community_id, by, merchant_id)
    account = PayoutAccount(*(approved.body[name] for name in ("holder", "bank", "account_no")))
    effective_at = at
    if find_at(tx, community_id, merchant_id, at=at) is not None:
        effective_at += settings.current(tx, community_id).payout_cooling_hours * _HOUR_US
    _keep(tx, community_id, merchant_id, account, (approved.proposed_by, by.id), effective_at)
    return effective_at


def find_at(tx: Tx, community_id: int, merchant_id: int, *, at: int) -> PayoutAccount | None:
    """The account payouts go to at a time, None where none was ever given."""
    row = tx.find(_AT, community_id=community_id, merchant_id=merchant_id, at=at)
    return None if row is None else PayoutAccount(*row)


def _check(tx: Tx, community_id: int, merchant_id: int, account: PayoutAccount) -> None:
    get_merchant(tx, community_id, merchant_id)
    check_text(account.holder)
    check_text(account.bank)
    if not _NUMBER.fullmatch(account.account_no):
        raise Refusal("payout_account_bad")


def _keep(
    tx: Tx,
    community_id: int,
    merchant_id: int,
    account: PayoutAccount,
    people: tuple[int, int],
    effective_at: int,
) -> None:
    set_by, approved_by = people
    tx.run(
        _KEEP,
        community_id=community_id,
        merchant_id=merchant_id,
        effective_at=effective_at,
        set_by=set_by,
        approved_by=approved_by,
        **asdict(account),
    )
