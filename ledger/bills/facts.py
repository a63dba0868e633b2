"""What is known of fee bills and their offsets: read here by counter, office and settlement alike."""

from __future__ import annotations

from typing import Final, NamedTuple

from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx

_BILL: Final = (
    "b.bill_id, b.biller_id, b.bill_no, b.household_id, b.kind, b.period, b.amount_fen, b.due_date,"
    " b.version, b.ceiling_fen, b.scheme_version, b.offset_fen, b.offsets"
)
_OFFSET: Final = (
    "f.offset_id, f.bill_id, f.biller_id, f.ref, f.household_id, f.person_id, f.wallet_owner_id,"
    " f.commodity, f.units, f.fen, f.units_per_fen, f.scheme_version, f.cap_code, f.counted_month,"
    " f.hold_request, f.state, f.asked_by, f.opened_at, f.expires_at, f.ended_at, f.why, f.txn_id,"
    " f.business_date, f.backs, f.back_units, f.back_fen"
)
_GET: Final = Sql(
    f"SELECT {_BILL} FROM fee_bill b WHERE b.community_id = :community_id AND b.bill_id = :bill_id"
)
_OF_BILLER: Final = Sql(
    f"SELECT {_BILL} FROM fee_bill b WHERE b.community_id = :community_id"
    " AND b.biller_id = :biller_id ORDER BY b.bill_no"
)
_OF_HOUSEHOLD: Final = Sql(
    f"SELECT {_BILL} FROM fee_bill b WHERE b.community_id = :community_id"
    " AND b.household_id = :household_id ORDER BY b.due_date DESC, b.bill_no LIMIT :most"
)
_FIND: Final = Sql(
    f"SELECT {_BILL} FROM fee_bill b WHERE b.community_id = :community_id"
    " AND b.bill_no = :bill_no ORDER BY b.biller_id"
)
_NEWEST: Final = Sql(
    f"SELECT {_BILL}, h.code AS household_code FROM fee_bill b"
    " JOIN household h ON h.community_id = b.community_id AND h.household_id = b.household_id"
    " WHERE b.community_id = :community_id AND (:biller_id = 0 OR b.biller_id = :biller_id)"
    " ORDER BY b.due_date DESC, b.bill_no LIMIT :most"
)
_OFFSETS_OF_BILL: Final = Sql(
    f"SELECT {_OFFSET} FROM fee_offset f WHERE f.community_id = :community_id"
    " AND f.bill_id = :bill_id ORDER BY f.offset_id DESC"
)
_OFFSETS_OF_HOUSEHOLD: Final = Sql(
    f"SELECT {_OFFSET}, b.bill_no FROM fee_offset f JOIN fee_bill b"
    " ON b.community_id = f.community_id AND b.bill_id = f.bill_id"
    " WHERE f.community_id = :community_id AND f.household_id = :household_id"
    " ORDER BY f.offset_id DESC LIMIT :most"
)
_GET_OFFSET: Final = Sql(
    f"SELECT {_OFFSET} FROM fee_offset f WHERE f.community_id = :community_id"
    " AND f.offset_id = :offset_id"
)
_FIND_REF: Final = Sql(
    f"SELECT {_OFFSET} FROM fee_offset f WHERE f.community_id = :community_id"
    " AND f.biller_id = :biller_id AND f.ref = :ref"
)
_OVERDUE: Final = Sql(
    f"SELECT {_OFFSET} FROM fee_offset f WHERE f.community_id = :community_id"
    " AND f.state = 'held' AND f.expires_at <= :at ORDER BY f.offset_id LIMIT :most"
)
_WAITING: Final = Sql(
    f"SELECT {_OFFSET}, b.bill_no, b.kind, b.period, b.amount_fen, h.code AS household_code"
    " FROM fee_offset f JOIN fee_bill b ON b.community_id = f.community_id AND b.bill_id = f.bill_id"
    " JOIN household h ON h.community_id = f.community_id AND h.household_id = f.household_id"
    " WHERE f.community_id = :community_id AND f.state = 'held' ORDER BY f.offset_id LIMIT :most"
)
_BOOKED: Final = Sql(
    f"SELECT {_OFFSET}, b.bill_no, b.kind, b.period, b.amount_fen, h.code AS household_code"
    " FROM fee_offset f JOIN fee_bill b ON b.community_id = f.community_id AND b.bill_id = f.bill_id"
    " JOIN household h ON h.community_id = f.community_id AND h.household_id = f.household_id"
    " WHERE f.community_id = :community_id AND f.state = 'booked' AND f.back_fen < f.fen"
    " ORDER BY f.offset_id DESC LIMIT :most"
)
_VERSIONS: Final = Sql(
    "SELECT version, amount_fen, due_date, period, ceiling_fen, scheme_version, file_sha256,"
    " row_no, back_fen, recorded_at FROM fee_bill_version WHERE community_id = :community_id"
    " AND bill_id = :bill_id ORDER BY version"
)
# A line for each offset asked for, and one for each time something of it came back.
_RESULTS: Final = Sql(
    "SELECT b.bill_no, h.code AS household_code, b.kind, b.period, b.amount_fen, f.ref, f.state,"
    " f.why, f.units, f.fen, f.opened_at AS moment, '' AS original_ref, f.business_date"
    " FROM fee_offset f JOIN fee_bill b ON b.community_id = f.community_id AND b.bill_id = f.bill_id"
    " JOIN household h ON h.community_id = f.community_id AND h.household_id = f.household_id"
    " WHERE f.community_id = :community_id AND f.biller_id = :biller_id"
    " AND f.state <> 'booked' AND f.opened_at >= :first_at AND f.opened_at < :end_at"
    " UNION ALL"
    " SELECT b.bill_no, h.code, b.kind, b.period, b.amount_fen, o.ref,"
    " CASE WHEN o.fen > 0 THEN 'booked' ELSE 'back' END, '', o.units, o.fen, o.occurred_at,"
    " coalesce(o.original_ref, ''), o.business_date"
    " FROM offset_booked o JOIN fee_offset f ON f.community_id = o.community_id"
    "  AND f.biller_id = o.claimant_id AND f.ref = coalesce(o.original_ref, o.ref)"
    " JOIN fee_bill b ON b.community_id = f.community_id AND b.bill_id = f.bill_id"
    " JOIN household h ON h.community_id = f.community_id AND h.household_id = f.household_id"
    " WHERE o.community_id = :community_id AND o.claimant_id = :biller_id AND o.kind = 'bill'"
    " AND o.business_date >= :first_date AND o.business_date <= :last_date"
    " ORDER BY 1, 6"
)


class Bill(NamedTuple):
    """A bill as it stands; amounts in fen. `amount_fen` 0: cancelled."""

    bill_id: int
    biller_id: int
    bill_no: str
    household_id: int
    kind: str
    period: str
    amount_fen: int
    due_date: int
    version: int
    ceiling_fen: int
    scheme_version: str
    offset_fen: int
    offsets: int

    @property
    def is_cancelled(self) -> bool:
        """Whether the biller took it back."""
        return self.amount_fen == 0


def get_bill(tx: Tx, community_id: int, bill_id: int) -> Bill:
    """One bill.

    Refusals: fee_bill_not_found.
    """
    row = tx.find(_GET, community_id=community_id, bill_id=bill_id)
    if row is None:
        raise Refusal("fee_bill_not_found")
    return Bill(*row)


def bills_of_biller(tx: Tx, community_id: int, biller_id: int) -> dict[str, Bill]:
    """A biller's bills by their number."""
    rows = tx.all(_OF_BILLER, community_id=community_id, biller_id=biller_id)
    return {row.bill_no: Bill(*row) for row in rows}


def bills_of_household(
    tx: Tx, community_id: int, household_id: int, *, most: int = 50
) -> list[Bill]:
    """A household's bills, the latest due first."""
    rows = tx.all(_OF_HOUSEHOLD, community_id=community_id, household_id=household_id, most=most)
    return [Bill(*row) for row in rows]


def find_bills(tx: Tx, community_id: int, bill_no: str) -> list[Bill]:
    """Bills of that number, whoever sent them."""
    return [Bill(*row) for row in tx.all(_FIND, community_id=community_id, bill_no=bill_no)]


def newest_bills(tx: Tx, community_id: int, biller_id: int = 0, *, most: int = 200) -> list[Row]:
    """Bills (of one biller, or of all) with their household's code, the latest due first."""
    return tx.all(_NEWEST, community_id=community_id, biller_id=biller_id, most=most)


def offsets_of_bill(tx: Tx, community_id: int, bill_id: int) -> list[Row]:
    """Every offset ever asked for on a bill, the newest first."""
    return tx.all(_OFFSETS_OF_BILL, community_id=community_id, bill_id=bill_id)


def offsets_of_household(
    tx: Tx, community_id: int, household_id: int, *, most: int = 20
) -> list[Row]:
    """A household's offsets with their bill's number, the newest first."""
    return tx.all(
        _OFFSETS_OF_HOUSEHOLD, community_id=community_id, household_id=household_id, most=most
    )


def get_offset(tx: Tx, community_id: int, offset_id: int) -> Row:
    """One offset.

    Refusals: fee_offset_not_found.
    """
    row = tx.find(_GET_OFFSET, community_id=community_id, offset_id=offset_id)
    if row is None:
        raise Refusal("fee_offset_not_found")
    return row


def find_offset(tx: Tx, community_id: int, biller_id: int, ref: str) -> Row | None:
    """A biller's offset of that number, None where there is none."""
    return tx.find(_FIND_REF, community_id=community_id, biller_id=biller_id, ref=ref)


def overdue_offsets(tx: Tx, community_id: int, *, at: int, most: int = 1_000) -> list[Row]:
    """Held offsets that nobody confirmed in time, the oldest first."""
    return tx.all(_OVERDUE, community_id=community_id, at=at, most=most)


def waiting_offsets(tx: Tx, community_id: int, *, most: int = 200) -> list[Row]:
    """Offsets that wait for the biller, with their bill and household, the oldest first."""
    return tx.all(_WAITING, community_id=community_id, most=most)


def booked_offsets(tx: Tx, community_id: int, *, most: int = 50) -> list[Row]:
    """Booked offsets of which something stands, with their bill and household, the newest first."""
    return tx.all(_BOOKED, community_id=community_id, most=most)


def versions_of(tx: Tx, community_id: int, bill_id: int) -> list[Row]:
    """What each file said of a bill, the first first."""
    return tx.all(_VERSIONS, community_id=community_id, bill_id=bill_id)


def result_lines(
    tx: Tx,
    community_id: int,
    biller_id: int,
    *,
    first_date: int,
    last_date: int,
    first_at: int,
    end_at: int,
) -> list[Row]:
    """What became of a biller's bills in some days: booked and given back by business date, the rest by when asked."""
    return tx.all(
        _RESULTS,
        community_id=community_id,
        biller_id=biller_id,
        first_date=first_date,
        last_date=last_date,
        first_at=first_at,
        end_at=end_at,
    )
