"""A day at twelve tills after the last backup, the loss of the server, and the older book it comes back with."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.audit import SYSTEM
from ledger.copies import backups
from ledger.copies.manifest import KEY_PURPOSE, Manifest
from ledger.copies.sources import source_of
from ledger.database import Database
from ledger.recovery import epochs
from ledger.seal import checkpoints
from ledger.seal.checkpoints import Checkpoint
from ledger.seal.last_signed import LastSigned
from ledger.sql import Tx
from ledger.stock.goods import NewGood, put_good
from pos.desk import Desk
from tests.support.fake_channel import FakeChannel
from tests.support.http import VAULT, Server
from tests.support.remembering_till import RememberingTill, hashed
from tests.support.town import CIVIC, HERE, Town, build_town

KEY = VAULT.derive(KEY_PURPOSE)
TILLS = 12
COUNTERS = 2
DAY_S = 86_400

SUMS = (
    "SELECT a.kind, a.commodity, a.owner_id, coalesce((SELECT sum(t.amount) FROM transfer t"
    " WHERE t.community_id = a.community_id AND t.credit_id = a.account_id), 0)"
    " - coalesce((SELECT sum(t.amount) FROM transfer t WHERE t.community_id = a.community_id"
    " AND t.debit_id = a.account_id), 0) AS total FROM account a"
    " WHERE a.kind IN ('wallet', 'pending', 'owed', 'offset', 'redeemed')"
)
BOOKED = (
    "SELECT 'sale' AS kind, sale_id AS id, ref, state, total_fen, offset_fen, refunded_fen FROM sale"
    " UNION ALL SELECT 'refund', refund_id, ref, state, goods_fen, offset_fen, cash_fen FROM refund"
    " UNION ALL SELECT 'redeem', redemption_id, ref, 'done', units, 0, 0 FROM redemption"
)
STOCK = "SELECT good_id, stock FROM good"


@dataclass
class LostDay:
    """The town and its tills; `server` is whichever server stands at the moment."""

    town: Town
    server: Server
    tills: list[RememberingTill]
    rng: random.Random
    good_id: int
    refused: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    sold: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    folder: Path = field(default_factory=Path)

    @property
    def db(self) -> Database:
        """The book behind the server of the moment."""
        return self.server.db

    @property
    def desk(self) -> Desk:
        """The counter of the server of the moment."""
        found: Desk = self.server.app.extensions["jifen"].desk
        return found

    def told(self) -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
        """Everything any till was told, by request."""
        return {rid: one for till in self.tills for rid, one in till.told.items()}

    # --- acts

    def live(self, acts: int, seconds: int = DAY_S) -> None:
        """So many acts at tills chosen at random, spread over some time."""
        for _ in range(acts):
            self.server.at = self.town.later(max(1, seconds // acts))
            self._act()

    def _act(self) -> None:
        way = self.rng.choices(
            ("scan", "gateway", "points", "both", "refund", "redeem"), (20, 20, 25, 15, 12, 8)
        )[0]
        place = self.rng.randrange(TILLS)
        person = self.rng.randint(1, self.town.people)
        till = self.tills[place]
        if way == "refund" and self.sold:
            place, sale = self.rng.choice(self.sold)
            till = self.tills[place]
            said = till.give_back(sale["ref"], self.rng.randint(1, sale["total_fen"]))
        elif way == "redeem":
            till = self.tills[self.rng.randrange(COUNTERS)]
            said = till.hand_out(person, self.good_id)
        else:
            by_gateway = way in {"gateway", "both"}
            units = self.rng.randint(1, 6) * 2_000 if way in {"points", "both"} else 0
            total = self.rng.randint(20, 150) * 100
            channel = "gateway" if by_gateway else "scan"
            said = till.sell(person, total, units, channel=channel)
            if said.status_code == 201:
                self.sold.append((place, said.get_json()))
        if said.status_code < 300:
            self.acts[way] += 1
        else:
            self.refused[said.get_json()["code"]] += 1

    def until_told(self, wanted: int, seconds: int = DAY_S) -> None:
        """Live until so many acts were acknowledged."""
        step = seconds // wanted
        while self.acts.total() < wanted:
            self.live(1, step)

    def sign(self) -> Checkpoint:
        """The server signs where its log stands, and every till that is on keeps that."""
        signed = checkpoints.publish(self.db, HERE, VAULT, self.last_signed, at=self.server.at)
        for till in self.tills:
            till.checkpoint = signed.note
        return signed

    @property
    def last_signed(self) -> LastSigned:
        """What the machine of the moment remembers of its signing."""
        found: LastSigned = self.server.app.extensions["jifen"].last_signed
        return found

    # --- the loss

    def back_up(self, folder: Path) -> Manifest:
        """A backup of the running server."""
        folder.mkdir(exist_ok=True)
        return backups.make(
            source_of(self.db.url), folder, key=KEY, at=self.town.at, key_file=Path("/none")
        )

    def lose(self, folder: Path, made: Manifest, new_url: str) -> Server:
        """The server is gone; another one stands up with the book of the backup. Gives the lost one."""
        lost = self.server
        backups.put_back(folder, made, source_of(new_url))
        # Another machine: its own note of what was signed last is gone with the old one.
        new = {"data_dir": str(self.folder / "new machine")}
        self.server = Server(Database(new_url), at=self.town.at, channel=lost.channel, settings=new)
        for till in self.tills:
            till.server = self.server
        self.server.db.write(
            lambda tx: epochs.open_recovery(
                tx, HERE, backup=made.name, since_at=made.made_at, by=SYSTEM, at=self.server.at
            )
        )
        return lost

    def start(self) -> None:
        """Begin to ask the tills."""
        self.db.write(lambda tx: epochs.start(tx, HERE, by=SYSTEM, at=self.server.at))

    # --- what must come out

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """A query's rows, in an order that both books have."""
        with self.db.engine.connect() as connection:
            return sorted(tuple(row) for row in connection.exec_driver_sql(query))

    def figures(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every account's sum, everything booked, and the shelf."""
        sums = [row for row in self.rows(SUMS) if row[3]]
        return {"sums": sums, "booked": self.rows(BOOKED), "stock": self.rows(STOCK)}


def build_day(
    db: Database, folder: Path, *, people: int, seed: int, keeps: Callable[[int], bool]
) -> LostDay:
    """The town: six shops with two tills each, the first two of them counters with goods on the shelf."""
    channel = FakeChannel()
    town = build_town(
        db,
        people=people,
        shops=TILLS // 2,
        tills_each=2,
        grant_units=12_000,
        channel=channel,
        vault=VAULT,
        allowance_fen=10_000_000,
    )
    with db.engine.begin() as connection:
        kinds = ", ".join(str(till.terminal_id) for till in town.tills[:COUNTERS])
        connection.exec_driver_sql(
            f"UPDATE terminal SET kind = 'counter' WHERE terminal_id IN ({kinds})"
        )
    rice = NewGood(
        merchant_id=1, code="G1", name="大米", price_units=2_500, commodity=CIVIC, cost_fen=100, stock=9
    )  # fmt: skip

    def shelve(tx: Tx) -> int:
        return put_good(tx, HERE, rice, by=SYSTEM, at=town.at)

    good_id = db.write(shelve)
    old = {"data_dir": str(folder / "old machine")}
    server = Server(db, at=town.at, channel=channel, settings=old)
    tills = [
        RememberingTill.enrol(town, till, server, keeps=keeps(place))
        for place, till in enumerate(town.tills)
    ]
    return LostDay(town, server, tills, random.Random(seed), good_id, folder=folder)


def answers_again(day: LostDay) -> list[str]:
    """The requests whose answer is not what was told, word for word."""
    wrong = []
    for till in day.tills:
        for request_id, (path, body, told) in till.told.items():
            said = till.call("POST", path, body)
            if said.get_json() != told:
                wrong.append(f"{request_id} {path} {hashed(str(said.get_json()))}")
    return wrong
