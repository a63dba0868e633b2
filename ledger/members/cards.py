"""Cards, printed and on phones: made in stacks, handed out, suspended, lost, replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import GuardMissedError, Refusal
from ledger.members import residents
from ledger.members.codes import card_number
from ledger.refs import is_valid
from ledger.sql import Sql, Tx

KINDS: Final = ("printed", "phone")
MAY_BECOME: Final[Mapping[str, frozenset[str]]] = {
    "active": frozenset({"suspended", "lost", "expired"}),
    "suspended": frozenset({"active", "lost", "expired"}),
}
"""What a card's state may change into; a lost or expired card comes back only as a new issue."""

_COLUMNS: Final = "serial, issue, kind, number, person_id, state, last_debit_at, issued_at"
_ONE: Final = Sql(
    f"SELECT {_COLUMNS} FROM card WHERE community_id = :community_id AND serial = :serial"
)
_BY_NUMBER: Final = Sql(
    f"SELECT {_COLUMNS} FROM card WHERE community_id = :community_id AND number = :number"
)
_OF_PERSON: Final = Sql(
    f"SELECT {_COLUMNS} FROM card WHERE community_id = :community_id"
    " AND person_id = :person_id ORDER BY serial"
)
_LAST: Final = Sql(
    "SELECT coalesce(max(serial), 0) AS serial FROM card WHERE community_id = :community_id"
)
_MAKE: Final = Sql(
    "INSERT INTO card (community_id, serial, issue, kind, number, state, last_debit_at, issued_at,"
    " changed_at) VALUES (:community_id, :serial, 1, :kind, :number, 'unassigned', 0, :at, :at)"
    " ON CONFLICT (community_id, serial) DO NOTHING"
)
_ASSIGN: Final = Sql(
    "UPDATE card SET person_id = :person_id, state = 'active', changed_at = :at"
    " WHERE community_id = :community_id AND serial = :serial AND state = 'unassigned'"
)
_SET_STATE: Final = Sql(
    "UPDATE card SET state = :state, changed_at = :at"
    " WHERE community_id = :community_id AND serial = :serial AND state = :was"
)
_REISSUE: Final = Sql(
    "UPDATE card SET issue = issue + 1, state = 'active', issued_at = :at, changed_at = :at"
    " WHERE community_id = :community_id AND serial = :serial AND issue = :issue"
)

_COUNTS: Final = Sql(
    "SELECT state, count(*) AS n FROM card WHERE community_id = :community_id GROUP BY state"
)
_STACK: Final = Sql(
    "SELECT min(serial) AS first, max(serial) AS last FROM card"
    " WHERE community_id = :community_id AND state = 'unassigned' AND kind = 'printed'"
)


@dataclass(frozen=True, slots=True)
class Card:
    """One card; every code it shows carries `serial` and `issue`, a lower issue is no longer good."""

    serial: int
    issue: int
    kind: str
    number: str
    person_id: int | None
    state: str
    last_debit_at: int
    issued_at: int


def make_cards(
    tx: Tx, community_id: int, count: int, *, kind: str = "printed", by: By, at: int
) -> list[Card]:
    """Make `count` cards that belong to nobody yet, with the next free serial numbers.

    Raises GuardMissedError where another desk took the same numbers; the try is repeated.
    """
    if kind not in KINDS or count < 1:
        raise ValueError("at least one card, printed or phone")
    first = int(tx.get(_LAST, community_id=community_id).serial) + 1
    for serial in range(first, first + count):
        made = tx.run(
            _MAKE,
            community_id=community_id,
            serial=serial,
            kind=kind,
            number=card_number(serial),
            at=at,
        )
        if not made:
            raise GuardMissedError("card serial")
    after: audit.Facts = {"kind": kind, "count": count}
    audit.record(tx, community_id, by, "card.make", f"card:{first}", at=at, after=after)
    return [get_card(tx, community_id, serial) for serial in range(first, first + count)]


def assign(tx: Tx, community_id: int, serial: int, person_id: int, *, by: By, at: int) -> Card:
    """Hand a fresh card to a resident who has consented.

    Refusals: card_not_found, card_taken, resident_not_found, resident_left, consent_missing.
    """
    resident = residents.get_resident(tx, community_id, person_id)
    if resident.state != "active":
        raise Refusal("resident_left")
    if resident.consent_at is None:
        raise Refusal("consent_missing")
    get_card(tx, community_id, serial)
    if not tx.run(_ASSIGN, community_id=community_id, serial=serial, person_id=person_id, at=at):
        raise Refusal("card_taken")
    after: audit.Facts = {"person_id": person_id}
    audit.record(tx, community_id, by, "card.assign", f"card:{serial}", at=at, after=after)
    return get_card(tx, community_id, serial)


def open_card(
    tx: Tx, community_id: int, person_id: int, *, kind: str = "printed", by: By, at: int
) -> Card:
    """Make a card and hand it out at once; a phone's code hangs on such a card too.

    Refusals: those of `assign`.
    """
    [card] = make_cards(tx, community_id, 1, kind=kind, by=by, at=at)
    return assign(tx, community_id, card.serial, person_id, by=by, at=at)


def set_state(tx: Tx, community_id: int, serial: int, state: str, *, by: By, at: int) -> Card:
    """Suspend a card, take it back into use, or note it as lost or expired.

    Refusals: card_not_found, card_change_bad.
    """
    card = get_card(tx, community_id, serial)
    if state not in MAY_BECOME.get(card.state, frozenset()):
        raise Refusal("card_change_bad", state=card.state, wanted=state)
    changed = tx.run(
        _SET_STATE, community_id=community_id, serial=serial, state=state, was=card.state, at=at
    )
    if not changed:
        raise GuardMissedError("card state")
    before, after = {"state": card.state}, {"state": state}
    audit.record(
        tx, community_id, by, f"card.{state}", f"card:{serial}", at=at, before=before, after=after
    )
    return get_card(tx, community_id, serial)


def reissue(tx: Tx, community_id: int, serial: int, *, by: By, at: int) -> Card:
    """Replace a card: same serial and number, next issue; every print of the old one is dead.

    Refusals: card_not_found, card_change_bad (nobody's card).
    """
    card = get_card(tx, community_id, serial)
    if card.person_id is None:
        raise Refusal("card_change_bad", state=card.state, wanted="active")
    if not tx.run(_REISSUE, community_id=community_id, serial=serial, issue=card.issue, at=at):
        raise GuardMissedError("card issue")
    audit.record(
        tx,
        community_id,
        by,
        "card.reissue",
        f"card:{serial}",
        at=at,
        before={"issue": card.issue, "state": card.state},
        after={"issue": card.issue + 1, "state": "active"},
    )
    return get_card(tx, community_id, serial)


def get_card(tx: Tx, community_id: int, serial: int) -> Card:
    """One card.

    Refusals: card_not_found.
    """
    row = tx.find(_ONE, community_id=community_id, serial=serial)
    if row is None:
        raise Refusal("card_not_found")
    return Card(*row)


def get_by_number(tx: Tx, community_id: int, number: str) -> Card:
    """The card with that short number, as typed by hand.

    Refusals: card_number_bad, card_not_found.
    """
    plain = number.strip().upper().replace(" ", "").replace("-", "")
    if not plain or not is_valid(plain):
        raise Refusal("card_number_bad")
    kept = f"{plain[:-1]}-{plain[-1]}"
    row = tx.find(_BY_NUMBER, community_id=community_id, number=kept)
    if row is None:
        raise Refusal("card_not_found")
    return Card(*row)


def cards_of(tx: Tx, community_id: int, person_id: int) -> list[Card]:
    """A resident's cards, whatever their state."""
    return [
        Card(*row) for row in tx.all(_OF_PERSON, community_id=community_id, person_id=person_id)
    ]


def count_by_state(tx: Tx, community_id: int) -> dict[str, int]:
    """How many cards are in which state."""
    return {row.state: int(row.n) for row in tx.all(_COUNTS, community_id=community_id)}


def stack_of(tx: Tx, community_id: int) -> tuple[str, str] | None:
    """The first and the last short number of the printed cards that belong to nobody yet."""
    row = tx.get(_STACK, community_id=community_id)
    if row.first is None:
        return None
    first, last = (get_card(tx, community_id, int(serial)) for serial in (row.first, row.last))
    return first.number, last.number
