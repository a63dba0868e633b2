"""What the book says of certificates: one by its number, a resident's, the newest."""

from __future__ import annotations

from typing import Final

from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx

_COLUMNS: Final = (
    "SELECT c.certificate_id, c.serial, c.person_id, c.wallet_owner_id, c.commodity, c.units, c.shop_kind,"
    " c.hold_id, c.cap_code, c.counted_month, c.business_date, c.last_day, c.printed_by, c.printed_at,"
    " e.how, e.used_units, e.merchant_id, e.ref, e.business_date AS ended_on, e.ended_at FROM certificate c"
    " LEFT JOIN certificate_end e ON e.community_id = c.community_id AND e.certificate_id = c.certificate_id"
    " WHERE c.community_id = :community_id"
)
_BY_SERIAL: Final = Sql(f"{_COLUMNS} AND c.serial = :serial")
_BY_ID: Final = Sql(f"{_COLUMNS} AND c.certificate_id = :certificate_id")
_OPEN_OF: Final = Sql(
    f"{_COLUMNS} AND c.person_id = :person_id AND e.certificate_id IS NULL ORDER BY c.certificate_id"
)
_OF_PERSON: Final = Sql(
    f"{_COLUMNS} AND c.person_id = :person_id ORDER BY c.certificate_id DESC LIMIT :most"
)
_NEWEST: Final = Sql(f"{_COLUMNS} ORDER BY c.certificate_id DESC LIMIT :most")


def find_by_serial(tx: Tx, community_id: int, serial: int) -> Row | None:
    """A certificate with its end (`how` null: open); None where there is none."""
    return tx.find(_BY_SERIAL, community_id=community_id, serial=serial)


def get_certificate(tx: Tx, community_id: int, certificate_id: int) -> Row:
    """A certificate with its end.

    Refuses: certificate_not_found.
    """
    row = tx.find(_BY_ID, community_id=community_id, certificate_id=certificate_id)
    if row is None:
        raise Refusal("certificate_not_found")
    return row


def open_of(tx: Tx, community_id: int, person_id: int) -> list[Row]:
    """A resident's certificates that have not ended."""
    return tx.all(_OPEN_OF, community_id=community_id, person_id=person_id)


def certificates_of(tx: Tx, community_id: int, person_id: int, *, most: int = 20) -> list[Row]:
    """A resident's certificates, the newest first."""
    return tx.all(_OF_PERSON, community_id=community_id, person_id=person_id, most=most)


def newest(tx: Tx, community_id: int, *, most: int = 50) -> list[Row]:
    """The certificates printed last."""
    return tx.all(_NEWEST, community_id=community_id, most=most)
