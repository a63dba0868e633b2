"""Figures several pages of the office show, read from the book."""

from __future__ import annotations

from typing import Final

from ledger.book.accounts import find_account
from ledger.book.chart import Account
from ledger.book.cover import Cover, cover_of
from ledger.book.shops import offsets_left_on
from ledger.members.terms import Terms
from ledger.sql import Tx
from ledger.units import CNY

_NOTHING: Final = Cover(0, 0, 0)


def cover_figures(tx: Tx, community_id: int, merchant_id: int) -> Cover:
    """A shop's reserve in fen; all zero before its first sale."""
    account = find_account(tx, community_id, Account.COVER, CNY, merchant_id)
    return _NOTHING if account is None else cover_of(tx, community_id, account)


def offsets_left(tx: Tx, here: Terms, merchant_id: int, day: int) -> int:
    """Fen of offsets a shop can still honour on a business date; 0 without an agreement."""
    agreement = here.agreement_on(merchant_id, day)
    if agreement is None or "offset" not in agreement.roles:
        return 0
    return offsets_left_on(
        tx,
        here.community.id,
        merchant_id,
        day,
        allowance_fen=agreement.allowance_day_fen,
        fund_fen=fund_free_fen(tx, here.community.id),
    )


def fund_free_fen(tx: Tx, community_id: int) -> int:
    """What of the community's fund is set aside for nobody, in fen."""
    account = find_account(tx, community_id, Account.FUND, CNY)
    return 0 if account is None else cover_of(tx, community_id, account).free
