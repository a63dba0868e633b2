"""Ties between the office and the shops: who decides nothing about a shop, because it is partly their own.

A shop's own logins may be residents too (the owner, a relative who keeps its books). Whoever is one of them, shares
a home with one, or declared a relative among those who live there, stands apart from everything about that shop.
"""

from __future__ import annotations

from typing import Final

from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import kin
from ledger.sql import Sql, Tx

_PEOPLE_OF: Final = Sql(
    "SELECT DISTINCT person_id FROM staff WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND person_id IS NOT NULL ORDER BY person_id"
)
_BOUGHT_BY: Final = Sql(
    "SELECT person_id FROM txn WHERE community_id = :community_id AND txn_id = :txn_id"
)

_HOME: Final = Sql(
    "SELECT household_id FROM household WHERE community_id = :community_id AND household_id = :owner_id"
)


def check_not_own_shop(tx: Tx, community_id: int, by: By, merchant_id: int) -> None:
    """Refuse a member of staff who is tied to a shop: as one of its people, by their home, or by a relative there.

    Refusals: own_shop.
    """
    if by.kind != "staff":
        return
    person_id = kin.person_of(tx, community_id, by.id)
    if person_id is None:
        return
    for row in tx.all(_PEOPLE_OF, community_id=community_id, merchant_id=merchant_id):
        if row.person_id == person_id:
            raise Refusal("own_shop")
        home = kin.household_of(tx, community_id, row.person_id)
        if home is None:
            continue
        try:
            kin.check_stands_apart(tx, community_id, by.id, home)
        except Refusal as tied:
            raise Refusal("own_shop") from tied


def check_not_own_purchase(tx: Tx, community_id: int, by: By, txn_id: int | None) -> None:
    """Refuse a member of staff who is about to decide on what their own household, or a relative's, bought.

    Refusals: own_household, own_kin.
    """
    if by.kind != "staff" or txn_id is None:
        return
    row = tx.find(_BOUGHT_BY, community_id=community_id, txn_id=txn_id)
    home = None
    if row is not None and row.person_id is not None:
        home = kin.household_of(tx, community_id, row.person_id)
    if home is not None:
        kin.check_stands_apart(tx, community_id, by.id, home)


def check_not_own_wallet(tx: Tx, community_id: int, by: By, owner_id: int) -> None:
    """Refuse a member of staff who is about to decide on a wallet of their own household, or of a relative's.

    `owner_id`: a person or a household; 0 is nobody. Refusals: own_household, own_kin.
    """
    if by.kind != "staff" or not owner_id:
        return
    home = kin.household_of(tx, community_id, owner_id)
    if home is None and tx.find(_HOME, community_id=community_id, owner_id=owner_id) is not None:
        home = owner_id
    if home is not None:
        kin.check_stands_apart(tx, community_id, by.id, home)
