"""Figures several pages of the office show, read from the book."""

from __future__ import annotations

from typing import Final

from ledger.book.accounts import find_account
from ledger.book.chart import Account
from ledger.book.cover import Cover, cover_of
from ledger.sql import Tx
from ledger.units import CNY

_NOTHING: Final = Cover(0, 0, 0)


def cover_figures(tx: Tx, community_id: int, merchant_id: int) -> Cover:
    """A shop's reserve in fen; all zero before its first sale."""
    account = find_account(tx, community_id, Account.COVER, CNY, merchant_id)
    return _NOTHING if account is None else cover_of(tx, community_id, account)


def fund_free_fen(tx: Tx, community_id: int) -> int:
    """What of the community's fund is set aside for nobody, in fen."""
    account = find_account(tx, community_id, Account.FUND, CNY)
    return 0 if account is None else cover_of(tx, community_id, account).free
