"""Two communities on one server, with a caller for each role in both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec

from ledger.members import approvals, cards, clerks, files, households, residents, staff, terminals
from ledger.members.hashing import QUICK
from ledger.members.residents import Identity
from ledger.members.roles import STAFF_ROLES
from ledger.members.staff import NewStaff
from ledger.sql import Tx
from tests.support.http import Server, Tablet, Visitor
from tests.support.members import MORNING, OFFICE, Town, jwk_of, new_device, open_town

Caller = Tablet | Visitor
SENTENCE = "a sentence of four words"
CLERK_CODE = "5827"


class Cast(NamedTuple):
    """Who was registered: ids, and the keys of the counter and of the residents' screen."""

    clerk: int
    counter: int
    counter_key: ec.EllipticCurvePrivateKey
    screen: int
    screen_key: ec.EllipticCurvePrivateKey
    person: int
    members: dict[str, int]
    owner: int
    ids: dict[str, str]


@dataclass
class Community:
    """A community with one caller for each role, and ids of its own things."""

    town: Town
    callers: dict[str, Caller]
    ids: dict[str, str]


@dataclass
class World:
    """Two communities on one server."""

    server: Server
    here: Community
    there: Community


def settle(server: Server, issuer: str) -> Community:
    """Open a community with one person, device and sign-in of every kind."""
    town = open_town(server.db, issuer=issuer)
    cast = server.db.write(lambda tx: _people(tx, server, town))
    return Community(town, _callers(server, town, cast), cast.ids)


def _people(tx: Tx, server: Server, town: Town) -> Cast:
    here, at, pepper = town.community_id, MORNING, server.pepper
    household = households.open_household(
        tx, here, code="3-2-501", building="3", unit="501", by=OFFICE, at=at
    )
    person = residents.register(
        tx,
        here,
        household,
        Identity("王秀英", ""),
        birth_year=1948,
        consent_at=at,
        by=OFFICE,
        at=at,
    )
    card = cards.open_card(tx, here, person, by=OFFICE, at=at)
    clerk = clerks.add_clerk(
        tx,
        here,
        town.merchant_id,
        label="小李",
        code=CLERK_CODE,
        pepper=pepper,
        by=OFFICE,
        at=at,
        cost=QUICK,
    )
    counter, counter_key = _enrolled(tx, town, "M01C1", "counter")
    screen, screen_key = _enrolled(tx, town, "M01K1", "kiosk")
    members = {
        role: _sign_up(tx, here, pepper, role.replace("_", "-"), role=role) for role in STAFF_ROLES
    }
    owner = _sign_up(tx, here, pepper, "owner", merchant_id=town.merchant_id)
    approval = approvals.propose(tx, here, "test", "test:1", {"a": 1}, by=OFFICE, at=at)
    sha = files.keep(
        tx, here, b"kept", name="a.csv", media_type="text/csv", source="t", by=OFFICE, at=at
    )
    ids = {
        "merchant_id": town.merchant_id,
        "branch_id": town.branch_id,
        "terminal_id": town.terminal_id,
        "clerk_id": clerk,
        "household_id": household,
        "person_id": person,
        "serial": card.serial,
        "number": card.number,
        "staff_id": members["admin"],
        "approval_id": approval,
        "sha256": sha,
        "issuer": town.issuer,
    }
    plain = {name: str(value) for name, value in ids.items()}
    return Cast(clerk, counter, counter_key, screen, screen_key, person, members, owner, plain)


def _enrolled(tx: Tx, town: Town, code: str, kind: str) -> tuple[int, ec.EllipticCurvePrivateKey]:
    here, at = town.community_id, MORNING
    terminal = terminals.open_terminal(
        tx, here, town.branch_id, code=code, kind=kind, by=OFFICE, at=at
    )
    key = new_device()
    enrolment = terminals.make_enrolment_code(tx, here, terminal, by=OFFICE, at=at)
    terminals.enrol(tx, here, enrolment, jwk_of(key), at=at)
    return terminal, key


def _sign_up(
    tx: Tx, here: int, pepper: bytes, login: str, *, role: str = "", merchant_id: int | None = None
) -> int:
    new = NewStaff(login=login, name=login, password=SENTENCE, merchant_id=merchant_id)
    made = staff.add_staff(tx, here, new, pepper=pepper, by=OFFICE, at=MORNING, cost=QUICK)
    if role:
        staff.give_role(tx, here, made, role, by=OFFICE, at=MORNING)
    return made


def _callers(server: Server, town: Town, cast: Cast) -> dict[str, Caller]:
    here = town.community_id

    def signed_in(tablet: Tablet) -> Tablet:
        body = {"clerk_id": str(cast.clerk), "code": CLERK_CODE}
        answer = tablet.call("POST", "/api/v1/clerks/sign-in", body)
        tablet.clerk_token = answer.get_json()["clerk_token"]
        return tablet

    callers: dict[str, Caller] = {
        "terminal": Tablet(server, here, town.terminal_id, town.device),
        "clerk": signed_in(Tablet(server, here, town.terminal_id, town.device)),
        "counter_clerk": signed_in(Tablet(server, here, cast.counter, cast.counter_key)),
        "kiosk": Tablet(server, here, cast.screen, cast.screen_key),
        "resident": Visitor(server, "resident", here, cast.person),
        "merchant": Visitor(server, "merchant", here, cast.owner),
        "merchant_system": Visitor(server, "system", here, town.merchant_id),
    }
    for role, staff_id in cast.members.items():
        callers[role] = Visitor(server, "staff", here, staff_id)
    return callers
