"""The community every seed begins with: built once by the product's own functions, then an image in memory."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.sql import Tx
from ledger.stock.goods import NewGood, put_good
from ledger.token_keys import KeyClass, SigningKey
from ledger.tokens import Claims, sign, to_digits
from tests.sim.store import Book
from tests.support.engines import create_schema
from tests.support.town import CIVIC, HERE, build_town

PEOPLE = 5
SHOPS = 2
TILLS_EACH = 2
HOUSEHOLD = {1: 1, 2: 1, 3: 3, 4: 4, 5: 5}
"""Persons 1 and 2 live together and share one pool; nobody has opened person 5's accounts yet."""

START_UNITS = {1: 150_000, 3: 40_000, 4: 3_000}
"""By household; 5 begins with nothing, not even accounts."""

FUND_FEN = 400_000
ALLOWANCE_FEN = 100_000


def at_shanghai(text_: str) -> int:
    """`2026-03-31 22:00` on the community's clock (eight hours before UTC, no summer time), in microseconds."""
    there = datetime.fromisoformat(text_).replace(tzinfo=UTC) - timedelta(hours=8)
    return int(there.timestamp()) * 1_000_000


def day_at(at: int) -> int:
    """The community's date (yyyymmdd) at a moment."""
    there = datetime.fromtimestamp(at // 1_000_000, UTC) + timedelta(hours=8)
    return there.year * 10_000 + there.month * 100 + there.day


def day_after(day: int) -> int:
    """The date after a date."""
    there = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC) + timedelta(days=1)
    return there.year * 10_000 + there.month * 100 + there.day


def midnight_after(day: int) -> int:
    """The moment a date ends."""
    later = day_after(day)
    return at_shanghai(f"{later // 10_000}-{later // 100 % 100:02d}-{later % 100:02d} 00:00")


BEGIN = at_shanghai("2026-03-31 20:00")


@dataclass(frozen=True)
class SimTown:
    """What actors know of the community."""

    pepper: bytes
    signers: dict[KeyClass, SigningKey]
    tills: tuple[tuple[int, str, int], ...]
    """Terminal id, code, shop."""
    goods: tuple[tuple[int, int, int], ...]
    """Good id, price in units, pieces in stock; all of shop 1."""
    shown: dict[str, int] = field(default_factory=dict)
    """Whose each code is that was ever shown."""

    def code(self, person: int, at: int, number: int) -> str:
        """A fresh code on a person's phone; `number` tells two codes of one second apart."""
        now_s = at // 1_000_000
        claims = Claims("CA01", now_s, now_s + 60, person, number)
        return self._show(person, to_digits(sign(claims, self.signers[KeyClass.DYN])))

    def card(self, person: int) -> str:
        """The code on a person's printed card."""
        signer = self.signers[KeyClass.CARD]
        first = signer.public.not_before_s
        return self._show(
            person, to_digits(sign(Claims("CA01", first, first + 86_400 * 900, person, 1), signer))
        )

    def holder(self, code: str) -> int:
        """The person who showed a code."""
        return self.shown[code]

    def _show(self, person: int, code: str) -> str:
        self.shown[code] = person
        return code


def build() -> tuple[Book, SimTown]:
    """The image and what belongs to it; takes a tenth of a second."""
    with tempfile.TemporaryDirectory(dir=_fast_folder()) as folder:
        file = Path(folder) / "town.db"
        create_schema(f"sqlite:///{file}")
        db = Database(f"sqlite:///{file}")
        town = build_town(
            db,
            people=PEOPLE,
            shops=SHOPS,
            tills_each=TILLS_EACH,
            fund_fen=FUND_FEN,
            allowance_fen=ALLOWANCE_FEN,
            at=BEGIN,
            cover_tranche_fen=5_000,
            # A life is a few days: an agreement counts when it is signed, worse terms too.
            notice_days=0,
        )
        for household, units in START_UNITS.items():
            town.grant(household, units)
        goods = db.write(_put_goods)
        with db.engine.begin() as connection:
            _arrange(connection)
        db.close()
        image = _image(file)
    tills = tuple((till.terminal_id, till.code, till.merchant_id) for till in town.tills)
    return Book(image), SimTown(town.desk.pepper, town.signers, tills, goods)


def _fast_folder() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - memory, not a guessable file


def _put_goods(tx: Tx) -> tuple[tuple[int, int, int], ...]:
    made = []
    for code, price, stock in (("RICE", 2_000, 3), ("OIL", 9_000, 5)):
        new = NewGood(
            merchant_id=1,
            code=code,
            name=code,
            price_units=price,
            commodity=CIVIC,
            cost_fen=100,
            stock=stock,
        )
        made.append((put_good(tx, HERE, new, by=SYSTEM, at=BEGIN), price, stock))
    return tuple(made)


def _arrange(connection: Connection) -> None:
    """Persons 1 and 2 share a household; person 5's accounts are still to be opened; shops have bank accounts."""
    connection.execute(text("UPDATE resident SET household_id = 1 WHERE person_id = 2"))
    for table in ("balance", "account"):
        connection.execute(
            text(
                f"DELETE FROM {table} WHERE account_id IN (SELECT account_id FROM account"
                " WHERE owner_id = 5 AND kind IN ('wallet', 'pending', 'owed'))"
            )
        )
    connection.execute(
        text("UPDATE agreement SET proof_days = 1, roles = :roles"), {"roles": "earn,offset,redeem"}
    )
    connection.execute(text("UPDATE terminal SET public_jwk = :jwk"), {"jwk": json.dumps({})})
    for shop in range(1, SHOPS + 1):
        connection.execute(
            text(
                "INSERT INTO payout_account (community_id, merchant_id, effective_at, holder, bank, account_no,"
                " set_by, approved_by) VALUES (1, :shop, 0, 'shop', 'bank', :account_no, 1, 2)"
            ),
            {"shop": shop, "account_no": f"62220000{shop:04d}"},
        )


def _image(file: Path) -> bytes:
    with sqlite3.connect(file) as raw:
        raw.execute("PRAGMA journal_mode=DELETE")
        raw.commit()
        image = raw.serialize()
    raw.close()
    return image
