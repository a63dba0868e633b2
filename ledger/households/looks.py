"""A household as those who look after it see it: names masked, sums of the pool, limits, what waits, what happened."""

from __future__ import annotations

from typing import NamedTuple

from ledger.book.balances import Wallet, wallet_of
from ledger.households import estates, limits, store
from ledger.households.limits import Limit
from ledger.members import residents
from ledger.members.households import Household
from ledger.members.masking import mask_name
from ledger.members.terms import Terms
from ledger.sql import Row, Tx


class Member(NamedTuple):
    """One of a household; `masked` is '' where the name was forgotten, `limit` that of the month looked at."""

    person_id: int
    masked: str
    is_head: bool
    state: str
    limit: Limit


class Look(NamedTuple):
    """A household; amounts in units of the kind of points the community shows first."""

    home: Household
    wallet: Wallet
    members: list[Member]
    estates: list[Row]
    history: list[Row]


def look_at(tx: Tx, terms: Terms, home: Household, *, day: int) -> Look:
    """The household on a business date (yyyymmdd)."""
    here = terms.community.id
    members = [
        Member(
            who.person_id,
            mask_name(residents.identity_of(tx, here, who.person_id).name),
            who.person_id == home.head_person_id,
            who.state,
            limits.limit_of(tx, here, home.household_id, who.person_id, month=day // 100),
        )
        for who in residents.members_of(tx, here, home.household_id)
    ]
    return Look(
        home,
        wallet_of(tx, here, home.household_id, terms.shown.commodity),
        members,
        estates.estates_of(tx, here, home.household_id),
        store.acts_of(tx, here, home.household_id),
    )
