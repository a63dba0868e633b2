"""Buying in a test town, at the shop's own device or through our gateway, and what is in a wallet afterwards."""

from __future__ import annotations

import pytest

from ledger.book.balances import wallet_of
from ledger.errors import Refusal
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from tests.support.town import CIVIC, Town


def wallet(town: Town, person: int = 1):
    """What the resident has: posted, held, pending and owed."""
    with town.db.read() as tx:
        return wallet_of(tx, town.here, person, CIVIC)


def buy(town: Town, request=None, **changes):
    """One purchase, ten minutes after the last."""
    person, total_fen = changes.pop("person", 1), changes.pop("total_fen", 5_000)
    town.later(600)
    sell = check_out_by_gateway if changes.get("channel") == "gateway" else check_out
    request = town.sale(person, total_fen, changes.pop("offset_units", 0), **changes)
    return sell(town.desk, request, at=town.at)


def refused(town: Town, request, *, by=check_out_by_gateway) -> Refusal:
    """Why the sale was not made."""
    with pytest.raises(Refusal) as said:
        by(town.desk, request, at=town.at)
    return said.value
