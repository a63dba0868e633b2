"""A served town for page tests: people with names, cards and PINs, staff of every role, a shop's owner."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk.app import create_app
from kiosk.config import settings_from
from kiosk.context import pepper_of
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.members import cards, pins, residents, staff
from ledger.members.hashing import Cost
from ledger.members.residents import Identity
from ledger.members.staff import NewStaff
from ledger.sql import Tx
from tests.support.town import HERE, Town, build_town

CHEAP = Cost(memory_kib=64, passes=1)
PIN = "471903"
PASSWORD = "a long sentence nobody says"  # noqa: S105 - of a made-up town
NAMES = {1: ("陈桂兰", "13800000001"), 2: ("李航", "13800000002"), 3: ("欧阳建国", "13800000003")}
STAFF = {
    "zhou": ("accountant",),
    "liu": ("secretary",),
    "wang": ("grid_worker",),
    "committee": ("committee",),
    "he": ("auditor",),
    "admin": ("admin",),
    "second": ("accountant", "secretary"),
    "zhao": ("counter_volunteer",),
}
OWNERS = {"sun": 1, "qian": 2}


@dataclass
class Served:
    """The town, the app that serves it, and short numbers of the residents' cards."""

    town: Town
    app: Flask
    card_numbers: dict[int, str] = field(default_factory=dict)

    def visitor(self) -> FlaskClient:
        """Somebody who has not signed in."""
        return self.app.test_client()

    def resident(self, person: int = 1) -> FlaskClient:
        """A resident signed in by card number and PIN."""
        client = self.visitor()
        signed = client.post(
            "/me/sign-in", data={"place": "CA01", "number": self.card_numbers[person], "pin": PIN}
        )
        assert signed.status_code == 303, text_of(signed)
        return client

    def member(self, login: str) -> FlaskClient:
        """A member of staff signed in."""
        return self._by_password("/office/sign-in", login)

    def owner(self, login: str = "sun") -> FlaskClient:
        """A shop's owner signed in."""
        return self._by_password("/merchant/sign-in", login)

    def _by_password(self, path: str, login: str) -> FlaskClient:
        client = self.visitor()
        signed = client.post(path, data={"place": "CA01", "login": login, "password": PASSWORD})
        assert signed.status_code == 303, text_of(signed)
        return client


def serve(db: Database, folder: Path, *, scheme_text: str | None = None, shops: int = 2) -> Served:
    """Build the town and its app; the clock stands at `town.at`."""
    town = build_town(
        db, people=len(NAMES), shops=shops, grant_units=80_000, scheme_text=scheme_text
    )
    numbers = db.write(lambda tx: _people(tx, town))
    app = create_app(
        db,
        settings_from({"data_dir": str(folder), "requests_a_minute": 0}),
        None,
        vault=town.vault,
        now=lambda: town.at,
        hash_cost=CHEAP,
    )
    return Served(town, app, numbers)


def _people(tx: Tx, town: Town) -> dict[int, str]:
    pepper, at, numbers = pepper_of(town.vault), town.at, {}
    for person, (name, phone) in NAMES.items():
        residents.change_identity(tx, HERE, person, Identity(name, phone), by=SYSTEM, at=at)
        residents.record_consent(tx, HERE, person, by=SYSTEM, at=at)
        numbers[person] = cards.open_card(tx, HERE, person, by=SYSTEM, at=at).number
        pins.set_pin(tx, HERE, person, PIN, pepper=pepper, by=SYSTEM, at=at, cost=CHEAP)
    for login, roles in STAFF.items():
        new = NewStaff(login=login, name=f"名{login}", password=PASSWORD)
        staff_id = staff.add_staff(tx, HERE, new, pepper=pepper, by=SYSTEM, at=at, cost=CHEAP)
        for role in roles:
            staff.give_role(tx, HERE, staff_id, role, by=SYSTEM, at=at)
    for login, shop in OWNERS.items():
        new = NewStaff(login=login, name=f"名{login}", password=PASSWORD, merchant_id=shop)
        staff.add_staff(tx, HERE, new, pepper=pepper, by=SYSTEM, at=at, cost=CHEAP)
    return numbers


def text_of(response: TestResponse) -> str:
    """A page as its reader sees it: no tags, one blank between words."""
    html = re.sub(
        r"<(script|style)\b.*?</\1>", " ", response.get_data(as_text=True), flags=re.DOTALL
    )
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def form_number(response: TestResponse, action: str) -> str:
    """The number in the first form of a page that goes to `action`."""
    html = response.get_data(as_text=True)
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', html, re.DOTALL)
    assert form is not None, f"no form to {action}"
    found = re.search(r'name="request_id" value="([^"]+)"', form.group())
    assert found is not None
    return found[1]
