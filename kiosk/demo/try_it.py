"""Tries a running demonstration from outside, as a shop would, and says what it saw: `python -m kiosk.demo.try_it`.

It enrols a till and a counter, sells for 50.00 yuan with 200 points, sends the sale again, hands out
goods, takes half of the sale back, files the day, looks at the resident's page and reads a statement.
It ends with status 1 at the first thing that is not as it must be.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import requests

from kiosk.demo.command import FOLDER
from kiosk.demo.folder import DemoFolder, Facts
from kiosk.demo.serving import enrolment_codes
from kiosk.demo.tablet import Tablet
from kiosk.generator.claims import daybook
from kiosk.generator.shapes import text_of_us
from kiosk.pages import points
from ledger.clock import now_us
from ledger.database import Database
from ledger.earning.calendar import day_from_key
from ledger.members.codes import issue_dynamic

_BILL_FEN: Final = 5_000
_OFFSET_UNITS: Final = 20_000
_TIMEOUT_S: Final = 20
_FILES: Final = {"json": b"{", "csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF-"}
_STATEMENT: Final = re.compile(r'href="/office/statements/(\d+)"')


class DeviationError(Exception):
    """The demonstration answered something else than it must."""


class Trial:
    """One run against a server at `url` that serves `folder`; `say` is told each thing seen."""

    def __init__(self, folder: DemoFolder, url: str, say: Callable[[str], None]) -> None:
        """Read how to sign in; FileNotFoundError where no demonstration was lived."""
        facts = folder.find_facts()
        if facts is None:
            raise FileNotFoundError(folder.root)
        self._folder = folder
        self._facts: Facts = facts
        self._url = url
        self._say = say
        self._lines: list[dict[str, Any]] = []

    def run(self) -> None:
        """Everything in one go; DeviationError or requests.HTTPError at the first deviation."""
        till, counter = self._tablets()
        buyer = self._buyer(till)
        sale = self._buy(till, buyer)
        self._buy_once_only(till, sale)
        left = self._redeem(counter, buyer, sale["balance_units"])
        left = self._refund(till, sale, left)
        self._file_day(till)
        self._look_at_page(buyer, left)
        self._read_statement()

    def _tablets(self) -> tuple[Tablet, Tablet]:
        facts = self._facts
        names = (facts.script_till, facts.script_counter)
        codes = enrolment_codes(self._folder, facts, names, now=now_us())
        tablets = [Tablet(self._url, facts.issuer, code) for code in codes]
        for tablet in tablets:
            tablet.sign_in(facts.clerk_code)
            self._say(f"enrolled {tablet.enrolled['terminal_code']}, a clerk signed in")
        return tablets[0], tablets[1]

    def _code(self, buyer: dict[str, str]) -> str:
        """What the buyer's phone shows this minute."""
        db, vault = Database(self._folder.database_url), self._folder.vault()
        here, serial = self._facts.community_id, int(buyer["serial"])
        try:
            return db.write(lambda tx: issue_dynamic(tx, vault, here, serial, at=now_us()))
        finally:
            db.close()

    def _buyer(self, till: Tablet) -> dict[str, str]:
        """Somebody whose points suffice for a sale and a basket, a different one each run."""
        state = till.get("/api/v1/till/state")
        start = state["terminal"]["last_counter"] % len(self._facts.buyers)
        for buyer in self._facts.buyers[start:] + self._facts.buyers[:start]:
            body = {"token": self._code(buyer), "total_fen": _BILL_FEN}
            quote = till.post("/api/v1/quotes", body)
            enough = quote["available_units"] >= 2 * _OFFSET_UNITS
            if enough and quote["proposal"]["units"] >= _OFFSET_UNITS:
                self._say(f"{quote['holder_label']} has {points(quote['available_units'])} points")
                self._before = quote["available_units"]
                return buyer
        raise DeviationError("nobody has enough points; live the demonstration again with --fresh")

    def _buy(self, till: Tablet, buyer: dict[str, str]) -> dict[str, Any]:
        body = {
            **till.document(),
            "token": self._code(buyer),
            "total_fen": _BILL_FEN,
            "offset_units": _OFFSET_UNITS,
            "channel": "gateway",
            "pin": buyer["pin"],
        }
        sale = till.post("/api/v1/sales", body)
        self._expect("offset", sale["offset_fen"], 1_000)
        self._expect("paid", sale["paid_fen"], 4_000)
        self._expect("earned", sale["earned_units"], 4_000)
        self._expect("earned state", sale["earned_state"], "spendable")
        self._expect("balance", sale["balance_units"], self._before - _OFFSET_UNITS + 4_000)
        self._expect("receipt", bool(sale["receipt"]["lines"]), expected=True)
        self._say(f"{sale['ref']}: 50.00 yuan, 200 points off 10.00, 40.00 paid, 40.00 earned")
        self._expect("sent again", till.post("/api/v1/sales", body), sale)
        self._say("the same request again: the same answer")
        self._note(body, "sale", None, sale["offset_units"], sale["offset_fen"], sale["paid_fen"])
        return {**sale, "token": body["token"]}

    def _buy_once_only(self, till: Tablet, sale: dict[str, Any]) -> None:
        body = {
            **till.document(),
            "token": sale["token"],
            "total_fen": _BILL_FEN,
            "offset_units": 0,
            "channel": "cash",
        }
        said = till.call("POST", "/api/v1/sales", body)
        self._expect("a code shown twice", said.json().get("code"), "token_used")
        self._say("the same code again: refused")

    def _redeem(self, counter: Tablet, buyer: dict[str, str], left: int) -> int:
        goods = counter.get("/api/v1/goods")["items"]
        good = min(goods, key=lambda item: item["price_units"])
        body = {
            **counter.document(),
            "token": self._code(buyer),
            "lines": [{"good_id": good["good_id"], "quantity": 1}],
            "pin": buyer["pin"],
        }
        slip = counter.post("/api/v1/redemptions", body)
        self._expect("units", slip["units"], good["price_units"])
        self._expect("balance", slip["balance_units"], left - good["price_units"])
        after = counter.get("/api/v1/goods")["items"]
        stock = next(item["stock"] for item in after if item["good_id"] == good["good_id"])
        self._expect("stock", stock, good["stock"] - 1)
        self._say(f"{slip['ref']}: {good['name']} for {points(slip['units'])} points")
        return int(slip["balance_units"])

    def _refund(self, till: Tablet, sale: dict[str, Any], left: int) -> int:
        body = {**till.document(), "original_ref": sale["ref"], "refund_fen": _BILL_FEN // 2}
        back = till.post("/api/v1/refunds", body)
        self._expect("money back", back["cash_back_fen"], 2_000)
        self._expect("offset back", back["offset_back_fen"], 500)
        self._expect("points back", back["units_back"], _OFFSET_UNITS // 2)
        self._expect("earned taken back", back["earned_reversed_units"], 2_000)
        self._say(f"{back['ref']}: goods of 25.00 back, 20.00 in money, 100 points")
        self._note(
            {**body, "total_fen": back["refund_fen"]},
            "refund",
            sale["ref"],
            back["units_back"],
            back["offset_back_fen"],
            back["cash_back_fen"],
        )
        return left + _OFFSET_UNITS // 2 - 2_000

    def _note(
        self,
        body: dict[str, Any],
        kind: str,
        original_ref: str | None,
        units: int,
        fen: int,
        paid_fen: int,
    ) -> None:
        """A line of the tablet's own daybook."""
        self._lines.append(
            {
                **{name: body[name] for name in ("counter", "ref", "total_fen", "occurred_at")},
                "kind": kind,
                "original_ref": original_ref,
                "offset_units": units,
                "offset_fen": fen,
                "paid_fen": paid_fen,
            }
        )

    def _file_day(self, till: Tablet) -> None:
        state = till.get("/api/v1/till/state")
        day = day_from_key(int(state["business_date"].replace("-", "")))
        book = daybook(self._facts.script_till, day, 1, self._lines)
        del book["terminal"]
        now = text_of_us(now_us())
        body = {
            **till.document(),
            **book,
            "business_date": state["business_date"],
            "opened_at": now,
            "closed_at": now,
        }
        del body["counter"], body["ref"], body["occurred_at"]
        for batch_no in range(1, 100):
            # Where the script ran before, its till has filed before: the server says which is next.
            said = till.call("POST", "/api/v1/claims", {**body, "batch_no": batch_no})
            if said.json().get("code") != "claim_batch_changed":
                break
        self._expect("claims", (said.status_code, said.json().get("outcome")), (200, "ok"))
        self._say(f"the day's {len(self._lines)} lines filed: the totals agree")

    def _look_at_page(self, buyer: dict[str, str], left: int) -> None:
        session = requests.Session()
        form = {"place": self._facts.issuer, "number": buyer["number"], "pin": buyer["pin"]}
        page = session.post(f"{self._url}/me/sign-in?lang=en", data=form, timeout=_TIMEOUT_S)
        page.raise_for_status()
        self._expect("balance on the page", points(left) in page.text, expected=True)
        self._say(f"the resident's page shows {points(left)} points")

    def _read_statement(self) -> None:
        """The newest month's first statement: its four files say the same, and its sums hold."""
        office = self._office()
        page = office.get(f"{self._url}/office/statements", timeout=_TIMEOUT_S)
        found = _STATEMENT.search(page.text)
        if not page.ok or found is None:
            raise DeviationError(f"no statement on the office's page ({page.status_code})")
        address = f"{self._url}/office/statements/{found[1]}"
        files = {kind: self._file(office, f"{address}/{kind}") for kind in _FILES}
        for kind, start in _FILES.items():
            self._expect(f"the {kind} file's first bytes", files[kind][: len(start)], start)
        blocks = json.loads(files["json"])["blocks"]
        told = [[cell["text"] for cell in row] for block in blocks for row in block["rows"]]
        printed = list(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))
        self._expect("cells of the csv", [row for row in told if row not in printed], [])
        self._check_sums(blocks)
        self._say(f"statement {told[0][1]}: {len(told)} lines, the same in csv and json")

    def _check_sums(self, blocks: list[dict[str, Any]]) -> None:
        """The days' settled amounts add up to what the summary says, fen by fen."""
        summary = {row[0]["text"]: row[1] for row in blocks[0]["rows"]}
        before, net, paid, now = (
            summary[name]["fen"]
            for name in ("Owed before", "Net of this month", "Paid this month", "Owed now")
        )
        self._expect("owed now", now, before + net + paid)

    def _office(self) -> requests.Session:
        session = requests.Session()
        login = next(name for name, role in self._facts.staff.items() if role == "accountant")
        form = {
            "place": self._facts.issuer,
            "login": login,
            "password": self._facts.staff_password,
        }
        page = session.post(f"{self._url}/office/sign-in?lang=en", data=form, timeout=_TIMEOUT_S)
        page.raise_for_status()
        return session

    def _file(self, office: requests.Session, address: str) -> bytes:
        said = office.get(f"{address}?lang=en", timeout=_TIMEOUT_S)
        said.raise_for_status()
        return said.content

    def _expect(self, what: str, seen: object, expected: object) -> None:
        if seen != expected:
            raise DeviationError(f"{what}: {seen!r} where {expected!r} must be")


@click.command()
@click.option("--url", default="http://127.0.0.1:8000", show_default=True)
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, show_default=True
)
def command(url: str, folder: Path) -> None:
    """Buy, redeem, refund and read a statement in a running demonstration."""
    try:
        Trial(DemoFolder(folder), url, click.echo).run()
    except (DeviationError, requests.RequestException) as error:
        raise click.ClickException(str(error)) from error
    click.echo("everything as it must be")


if __name__ == "__main__":
    command()
