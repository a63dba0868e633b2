"""A holder changes the PIN at a clerk's tablet, till or counter: with the old one, once, counted like any other try."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

from kiosk.clerk_tokens import ClerkToken, make_token
from kiosk.context import pepper_of
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import clerks, pins, terminals
from ledger.members.hashing import QUICK
from ledger.token_keys import KeyClass
from tests.support.device import public_jwk
from tests.support.http import VAULT, Server, Tablet, code_of
from tests.support.town import HERE, Town, build_town

OLD, NEW = "471903", "839204"


@pytest.fixture
def town(db: Database) -> Town:
    """Three people, of whom the first has a PIN; one clerk."""
    made = build_town(db, vault=VAULT, grant_units=10_000)
    pepper = pepper_of(VAULT)

    def work(tx: Any) -> None:
        pins.set_pin(tx, HERE, 1, OLD, pepper=pepper, by=SYSTEM, at=made.at, cost=QUICK)
        clerks.add_clerk(
            tx, HERE, 1, label="王姐", code="2580", pepper=pepper, by=SYSTEM, at=made.at
        )

    db.write(work)
    return made


def tablet_of(town: Town, kind: str, *, clerk: bool = True) -> Tablet:
    """A clerk's tablet; `clerk`: somebody is signed in at it."""
    server = Server(town.db, at=town.at)
    at = town.at

    def work(tx: Any) -> tuple[int, str]:
        opened = terminals.open_terminal(tx, HERE, 1, code="M01P1", kind=kind, by=SYSTEM, at=at)
        return opened, terminals.make_enrolment_code(tx, HERE, opened, by=SYSTEM, at=at)

    terminal_id, code = town.db.write(work)
    device = ec.generate_private_key(ec.SECP256R1())
    body = {"community": "CA01", "code": code, "public_jwk": public_jwk(device)}
    assert server.call("POST", "/api/v1/terminals/enrol", json=body).status_code == 201
    signed = ClerkToken(HERE, terminal_id, 1, at + 8 * 3_600 * SECOND_US)
    token = make_token(signed, VAULT.derive("clerk tokens")) if clerk else ""
    return Tablet(server, HERE, terminal_id, device, clerk_token=token)


def asked(town: Town, old: str = OLD, new: str = NEW) -> dict[str, str]:
    return {
        "request_id": new_request_id(town.later(1)),
        "token": town.code(1, KeyClass.CARD),
        "old": old,
        "pin": new,
    }


def is_right(town: Town, digits: str) -> bool:
    try:
        pins.check_pin(town.db, HERE, 1, digits, pepper=pepper_of(VAULT), at=town.at)
    except Refusal as refusal:
        if refusal.code not in {"pin_wrong", "pin_locked"}:
            raise
        return False
    return True


@pytest.mark.parametrize("kind", ["till", "counter"])
def test_the_old_one_changes_it_once_and_no_digit_is_kept(town: Town, kind: str) -> None:
    tablet, body = tablet_of(town, kind), asked(town)

    answers = [tablet.call("POST", "/api/v1/pins", body) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[0].get_json() == {"changed": True}
    assert is_right(town, NEW)
    with town.db.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT kind, response FROM request")).all())
        noted = str(connection.execute(text("SELECT act, before, after FROM audit")).all())
    assert [digits for digits in (OLD, NEW) if digits in kept + noted] == []


def test_wrong_ones_count_like_at_a_sale_and_lock_it(town: Town) -> None:
    tablet = tablet_of(town, "till")

    def said(old: str, new: str = NEW) -> str:
        return code_of(tablet.call("POST", "/api/v1/pins", asked(town, old, new)))

    assert said(OLD, "123456") == "pin_trivial"
    assert [said("000111") for _ in range(5)] == ["pin_wrong"] * 4 + ["pin_locked"]
    assert said(OLD) == "pin_locked"
    assert not is_right(town, NEW)


def test_nobody_changes_one_where_no_clerk_is_signed_in(town: Town) -> None:
    tablet = tablet_of(town, "till", clerk=False)

    assert tablet.call("POST", "/api/v1/pins", asked(town)).status_code in {401, 403}
    assert is_right(town, OLD)
