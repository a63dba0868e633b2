"""Forms about households and their points, read from the book."""

from __future__ import annotations

from typing import Final

from kiosk.formbook.asked import Asked, Rows, tail
from ledger.book.chart import Account
from ledger.members import staff
from ledger.sql import Row, Sql, Tx

# Whose wallet it is: a household's by its head, else the person's own.
_OWNERS: Final = Sql(
    "SELECT h.household_id AS owner_id, 1 AS is_pool, i.name, h.code, h.building, h.unit FROM household h"
    " LEFT JOIN person_identity i ON i.community_id = h.community_id AND i.person_id = coalesce(h.head_person_id,"
    "  (SELECT min(r.person_id) FROM resident r WHERE r.community_id = h.community_id"
    "   AND r.household_id = h.household_id AND r.state = 'active'))"
    " WHERE h.community_id = :community_id"
    " UNION ALL SELECT r.person_id, 0, i.name, h.code, h.building, h.unit FROM resident r"
    " JOIN household h ON h.community_id = r.community_id AND h.household_id = r.household_id"
    " LEFT JOIN person_identity i ON i.community_id = r.community_id AND i.person_id = r.person_id"
    " WHERE r.community_id = :community_id ORDER BY 4, 1"
)
_OPEN_HOUSEHOLDS: Final = Sql(
    "SELECT household_id FROM household WHERE community_id = :community_id AND closed_at IS NULL"
)
_AWARDS: Final = Sql(
    "SELECT happened_on, owner_id, commodity, item_code, booked_units, is_private, reason, proposed_by, approved_by"
    " FROM award WHERE community_id = :community_id AND business_date >= :first AND business_date <= :last"
    " ORDER BY award_id"
)
_DEEDS: Final = Sql(
    "SELECT owner_id, commodity, sum(booked_units) AS units FROM award WHERE community_id = :community_id"
    " AND business_date >= :first AND business_date <= :last AND booked_units > 0"
    " AND is_private = 0 GROUP BY owner_id, commodity"
)
_MOVED: Final = Sql(
    "SELECT a.owner_id, o.kind AS other, CASE WHEN x.business_date < :first THEN 1 ELSE 0 END AS is_before,"
    " sum(t.amount) AS came, 0 AS went FROM account a"
    " JOIN transfer t ON t.community_id = a.community_id AND t.credit_id = a.account_id"
    " JOIN account o ON o.community_id = t.community_id AND o.account_id = t.debit_id"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'wallet' AND a.commodity = :commodity"
    " AND x.business_date <= :last GROUP BY 1, 2, 3"
    " UNION ALL SELECT a.owner_id, o.kind, CASE WHEN x.business_date < :first THEN 1 ELSE 0 END, 0, sum(t.amount)"
    " FROM account a JOIN transfer t ON t.community_id = a.community_id AND t.debit_id = a.account_id"
    " JOIN account o ON o.community_id = t.community_id AND o.account_id = t.credit_id"
    " JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    " WHERE a.community_id = :community_id AND a.kind = 'wallet' AND a.commodity = :commodity"
    " AND x.business_date <= :last GROUP BY 1, 2, 3"
)
_REDEMPTIONS: Final = Sql(
    "SELECT r.business_date, i.name AS holder, c.number, g.name AS good, g.spec, l.quantity, l.price_units, x.staff_id,"
    " k.label, t.commodity, q.balance_after, l.line_no FROM redemption r"
    " JOIN redemption_line l ON l.community_id = r.community_id AND l.redemption_id = r.redemption_id"
    " JOIN good g ON g.community_id = l.community_id AND g.good_id = l.good_id"
    " JOIN txn x ON x.community_id = r.community_id AND x.txn_id = r.txn_id"
    " JOIN transfer t ON t.community_id = x.community_id AND t.txn_id = x.txn_id AND t.line_no = 0"
    " LEFT JOIN request q ON q.community_id = r.community_id AND q.request_id = x.request_id"
    " LEFT JOIN card c ON c.community_id = x.community_id AND c.serial = x.card_serial"
    " LEFT JOIN clerk k ON k.community_id = r.community_id AND k.clerk_id = r.clerk_id"
    " LEFT JOIN person_identity i ON i.community_id = r.community_id AND i.person_id = r.person_id"
    " WHERE r.community_id = :community_id AND r.business_date >= :first AND r.business_date <= :last"
    " ORDER BY r.occurred_at, r.redemption_id, l.line_no"
)

_TO_SHOPS: Final = frozenset(
    {Account.OFFSET, Account.RETIRED, Account.DISPUTED, Account.VOUCHER, Account.INTER}
)


def owners(tx: Tx, asked: Asked) -> dict[tuple[bool, int], Row]:
    """Every owner of a wallet, by whether it is a household and its id: name, code, building, unit."""
    rows = tx.all(_OWNERS, community_id=asked.here.community.id)
    return {(bool(row.is_pool), int(row.owner_id)): row for row in rows}


def awards(tx: Tx, asked: Asked) -> Rows:
    """The register of points given and taken by decision in a month; a private reason stays in the file."""
    known, names = owners(tx, asked), _staff(tx, asked)
    found = []
    for number, row in enumerate(tx.all(_AWARDS, **asked.span), 1):
        owner = known.get((asked.has_pool(int(row.commodity)), int(row.owner_id)))
        found.append(
            (
                number,
                int(row.happened_on),
                owner and owner.name,
                _door(owner),
                row.item_code,
                _item(asked, row.item_code, int(row.happened_on)),
                *("", "", ""),
                asked.hundredths(int(row.booked_units), int(row.commodity)),
                "",
                names.get(int(row.proposed_by), ""),
                names.get(int(row.approved_by), ""),
                "" if row.is_private else row.reason,
            )
        )
    return found


def deeds_on_the_wall(tx: Tx, asked: Asked) -> Rows:
    """What each household earned by deeds in a month, under its code; no name, no balance, nothing that was spent."""
    sums: dict[tuple[int, str, str], int] = {}
    known = owners(tx, asked)
    for row in tx.all(_DEEDS, **asked.span):
        commodity = int(row.commodity)
        owner = known.get((asked.has_pool(commodity), int(row.owner_id)))
        if owner is not None:
            home = (commodity, owner.code, owner.building or "")
            sums[home] = sums.get(home, 0) + asked.hundredths(int(row.units), commodity)
    # Points of two kinds are never added up: each kind has its own lines, and says which it is.
    several = len({commodity for commodity, _, _ in sums}) > 1
    return [
        (
            number,
            f"{code} {asked.kind_name(commodity)}" if several else code,
            building,
            None,
            units,
            *[None] * 4,
        )
        for number, ((commodity, code, building), units) in enumerate(sorted(sums.items()), 1)
    ]


def households(tx: Tx, asked: Asked) -> Rows:
    """A line for each open household, with room for ten marks."""
    is_open = {
        int(row[0]) for row in tx.all(_OPEN_HOUSEHOLDS, community_id=asked.here.community.id)
    }
    return [
        (row.code, row.name, *[""] * 14)
        for (is_pool, owner_id), row in owners(tx, asked).items()
        if is_pool and owner_id in is_open
    ]


def month_summary(tx: Tx, asked: Asked) -> Rows:
    """What each wallet held, got, lost, spent on goods and on offsets in a month, and holds at its end."""
    return [(owner.name, *figures) for owner, figures in _month(tx, asked)]


def redemptions(tx: Tx, asked: Asked) -> Rows:
    """Goods handed out for points, line by line; the balance stands beside the last line of a slip."""
    names = _staff(tx, asked)
    rows = tx.all(_REDEMPTIONS, **asked.span)
    found = []
    for row, following in zip(rows, [*rows[1:], None], strict=False):
        ends = following is None or int(following.line_no) <= int(row.line_no)
        price, commodity = int(row.price_units), int(row.commodity)
        balance = None if row.balance_after is None or not ends else int(row.balance_after)
        found.append(
            (
                int(row.business_date),
                row.holder,
                tail(row.number),
                row.good,
                row.spec,
                int(row.quantity),
                asked.hundredths(price, commodity),
                asked.hundredths(price * int(row.quantity), commodity),
                None if balance is None else asked.hundredths(balance, commodity),
                *("", ""),
                row.label or names.get(int(row.staff_id or 0), ""),
            )
        )
    return found


_Figures = tuple[int, int, int, int, int, int]


def _month(tx: Tx, asked: Asked) -> list[tuple[Row, _Figures]]:
    """By owner, for those who had or moved anything: before, plus, minus, goods, offsets, after, in hundredths."""
    shown = asked.here.shown
    sums: dict[int, list[int]] = {}
    for row in tx.all(_MOVED, **asked.span, commodity=shown.commodity):
        net = int(row.came) - int(row.went)
        kept = sums.setdefault(int(row.owner_id), [0] * 5)
        if row.is_before:
            kept[0] += net
        elif row.other == Account.REDEEMED:
            kept[3] -= net
        elif row.other in _TO_SHOPS:
            kept[4] -= net
        elif int(row.went):
            kept[2] -= net
        else:
            kept[1] += net
    found = []
    for (is_pool, owner_id), owner in owners(tx, asked).items():
        kept = sums.get(owner_id, [])
        if is_pool == shown.has_pool and any(kept):
            after = kept[0] + kept[1] - kept[2] - kept[3] - kept[4]
            figures = tuple(asked.hundredths(units, shown.commodity) for units in (*kept, after))
            found.append((owner, figures))
    return found  # type: ignore[return-value] # six figures


def _staff(tx: Tx, asked: Asked) -> dict[int, str]:
    return {
        int(row.staff_id): str(row.name) for row in staff.all_staff(tx, asked.here.community.id)
    }


def _door(owner: Row | None) -> str:
    return "" if owner is None else " ".join(part for part in (owner.building, owner.unit) if part)


def _item(asked: Asked, code: str, day: int) -> str:
    try:
        return asked.here.scheme_on(day).get_item(code).name
    except LookupError:
        return ""
