"""Writes the made-up world into a folder, one plain file for each kind of document."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import Any

from kiosk.generator.shapes import (
    Household,
    Person,
    Purchase,
    Shop,
    Truth,
    World,
    moment_text,
)
from kiosk.generator.trade import Rung, Traded, channel_name


class Folder:
    """The folder being filled; remembers each file's size and hash for the manifest."""

    def __init__(self, root: Path) -> None:
        """Write below `root`, which is made when it is missing."""
        self.root = root
        self.files: dict[str, dict[str, int | str]] = {}

    def write(self, path: str, body: bytes, rows: int) -> None:
        """One file of so many rows."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(body)
        self.files[path] = {"rows": rows, "sha256": hashlib.sha256(body).hexdigest()}

    def jsonl(self, path: str, rows: Iterable[dict[str, Any]]) -> int:
        """One JSON object a line; gives the number of lines."""
        lines = [json.dumps(row, ensure_ascii=False, default=_plain) for row in rows]
        self.write(path, "".join(line + "\n" for line in lines).encode(), len(lines))
        return len(lines)

    def table(self, path: str, headings: list[str], rows: Iterable[list[str]]) -> None:
        """A CSV with a byte order mark, as spreadsheets want it."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        count = 0
        with place.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(headings)
            for row in rows:
                writer.writerow(row)
                count += 1
        body = place.read_bytes()
        self.files[path] = {"rows": count, "sha256": hashlib.sha256(body).hexdigest()}


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def write_world(folder: Folder, world: World, traded: Traded) -> None:
    """Everything but the claims, the bills and the truth, which are written day by day."""
    folder.write("scheme.toml", world.scheme_text.encode(), 1)
    _write_people(folder, world)
    _write_shops(folder, world)
    folder.jsonl("goods.jsonl", map(asdict, world.goods))
    folder.jsonl("purchases.jsonl", map(_purchase, world.purchases))
    folder.jsonl("rung.jsonl", map(_rung, traded.rung))
    wanted = {handed.visit: handed for handed in traded.handed}
    folder.jsonl(
        "redemptions.jsonl",
        (
            {
                "number": visit.number,
                "at": moment_text(visit.day, visit.second),
                "person": visit.person,
                "lines": [{"good": code, "quantity": n} for code, n in visit.lines],
                "handed_units": wanted[visit.number].units if visit.number in wanted else 0,
            }
            for visit in world.visits
        ),
    )


def _write_people(folder: Folder, world: World) -> None:
    homes = {household.number: household for household in world.households}
    folder.jsonl("households.jsonl", map(asdict, world.households))
    folder.jsonl("residents.jsonl", map(asdict, world.people))
    folder.table(
        "import/residents.csv",
        ["户号", "楼栋", "单元", "户主", "姓名", "电话", "出生年"],
        (_import_row(homes[person.household], person) for person in world.members),
    )
    folder.jsonl(
        "cards.jsonl",
        (
            {
                "serial": serial,
                "person": person.number,
                "kind": person.carrier,
                "issued_on": person.joined_on,
            }
            for serial, person in enumerate(world.members, 1)
        ),
    )


def _import_row(home: Household, person: Person) -> list[str]:
    head = "是" if person.is_head else ""
    year = str(person.birth_year)
    return [home.code, home.building, home.unit, head, person.name, person.phone, year]


def _write_shops(folder: Folder, world: World) -> None:
    shops = [*world.shops, world.market]
    plain = [field.name for field in fields(Shop) if field.name not in {"tills", "clerks"}]
    folder.jsonl("merchants.jsonl", ({name: getattr(s, name) for name in plain} for s in shops))
    folder.jsonl(
        "agreements.jsonl",
        (
            {
                "merchant": shop.code,
                "agreement_no": f"XY-{world.since.year}-{shop.code}",
                "effective_from": world.since,
                "roles": shop.roles.split(","),
                "proof": shop.proof,
            }
            for shop in shops
        ),
    )
    folder.jsonl(
        "terminals.jsonl",
        ({"terminal": till, "merchant": shop.code} for shop in shops for till in shop.tills),
    )


def _purchase(purchase: Purchase) -> dict[str, Any]:
    row = purchase._asdict()
    del row["day"], row["second"], row["waits_s"]
    arrives = purchase.second + purchase.waits_s
    return {
        **row,
        "channel": channel_name(purchase.keyed_channel),
        "paid_with": purchase.channel,
        "at": moment_text(purchase.day, purchase.second),
        "arrives_at": moment_text(purchase.day, arrives),
    }


def _rung(line: Rung) -> dict[str, Any]:
    return line._asdict()


def write_truth(folder: Folder, truth: Iterable[Truth]) -> int:
    """The truth file: every planted fault once."""
    return folder.jsonl("truth.jsonl", map(asdict, truth))
