"""Eight tills at one wallet and at its limits: never more than there is, and more without the guard."""

from __future__ import annotations

import http.client
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from werkzeug.serving import make_server

from kiosk.clerk_tokens import ClerkToken, make_token
from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import GuardMissedError
from ledger.members import terminals
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.refunds import refund
from tests.support.device import public_jwk
from tests.support.http import VAULT, Server, Tablet
from tests.support.invariants import check_invariants
from tests.support.races import (
    decide_on_old_figures,
    desk_in_process,
    drop_checks,
    meeting,
    no_cap_guard,
    no_checks_in_sqlite,
    no_wallet_guard,
    run_processes,
    told,
)
from tests.support.town import HERE, SCHEME, Town, build_town

PROCESSES = 8
OFFSETS = 50
UNITS = 2_000
"""20 points, one yuan off a bill of ten: 50 of them empty a wallet of 1,000 points."""

LIFTED: Final[dict[str, Any]] = {
    "pin_above_units_dyn": 1_000_000,
    "day_units_dyn": 1_000_000,
}

pytestmark = pytest.mark.slow


def scheme_with(**changes: int | None) -> str:
    """Chang'an's scheme with values of its shop rules changed (`name=value`), or lines left out (`name=None`)."""
    text = SCHEME.read_text(encoding="utf-8")
    at_shops = text.index('code = "S01"'), text.index("[[reward]]")
    before, rules, after = text[: at_shops[0]], text[at_shops[0] : at_shops[1]], text[at_shops[1] :]
    spend, offset = rules.split('code = "O02"')
    for name, value in changes.items():
        part, key = name.split("_", 1)
        rule = spend if part == "spend" else offset
        lines = rule.splitlines(keepends=True)
        assert any(line.startswith(f"{key} = ") for line in lines), name
        kept = [
            line if not line.startswith(f"{key} = ") else f"{key} = {value}\n"
            for line in lines
            if value is not None or not line.startswith(f"{key} = ")
        ]
        if part == "spend":
            spend = "".join(kept)
        else:
            offset = "".join(kept)
    return before + spend + 'code = "O02"' + offset + after


def sell_everywhere(
    town: Town,
    url: str,
    requests: list[SaleRequest],
    *,
    ready: Callable[[Database], None] = lambda _db: None,
) -> Counter[str]:
    """Give every eighth request to each of eight processes; how often each thing was said."""

    def job(number: int) -> Counter[str]:
        with desk_in_process(town, url) as desk:
            ready(desk.db)
            mine = requests[number::PROCESSES]
            return Counter(told(partial(check_out, desk, one, at=town.at)) for one in mine)

    said = run_processes(PROCESSES, job)
    return sum(said, Counter())


def rush(url: str, *, requests: int = 480, codes: int = 200) -> tuple[Town, list[SaleRequest]]:
    """A wallet worth 50 offsets, and 480 sales with 200 codes of its holder, at eight tills."""
    db = Database(url)
    scheme = scheme_with(spend_min_gap_seconds_same_shop=0, offset_cap_month_points=None)
    town = build_town(
        db,
        people=1,
        tills_each=PROCESSES,
        grant_units=OFFSETS * UNITS,
        scheme_text=scheme,
        vault=VAULT,
        **LIFTED,
    )
    shown = [town.code(1) for _ in range(codes)]
    sales = [
        town.sale(1, 1_000, UNITS, till=n % PROCESSES, token=shown[n % codes])
        for n in range(requests)
    ]
    assert len({sale.token for sale in sales}) == min(codes, requests)
    db.close()
    return town, sales


def count(url: str, query: str) -> int:
    db = Database(url)
    with db.engine.connect() as connection:
        found = connection.exec_driver_sql(query).scalar_one()
    db.close()
    return int(found or 0)


WALLET = (
    "SELECT posted FROM balance b JOIN account a ON a.account_id = b.account_id"
    " WHERE a.kind = 'wallet'"
)
USED = "SELECT sum(units) FROM offset_booked"


def exactly_fifty(url: str, said: Counter[str]) -> None:
    """Fifty went through, the others were told why, and the book holds together."""
    assert said["done"] == OFFSETS
    assert set(said) <= {"done", "insufficient_points", "token_used"}
    assert count(url, WALLET) == 0
    assert count(url, USED) == OFFSETS * UNITS
    used = "SELECT count(*) FROM token_use WHERE outcome = 'used'"
    assert count(url, used) == OFFSETS
    db = Database(url)
    check_invariants(db.engine)
    db.close()


@pytest.mark.parametrize("looks", ["fresh", "old"])
def test_a_wallet_worth_fifty_offsets_gives_exactly_fifty(
    engine_url: str, looks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, sales = rush(engine_url)
    if looks == "old":
        decide_on_old_figures(monkeypatch)

    said = sell_everywhere(town, engine_url, sales)

    exactly_fifty(engine_url, said)


def test_without_the_guard_the_same_rush_overdraws_the_wallet(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, sales = rush(engine_url)
    decide_on_old_figures(monkeypatch)
    no_wallet_guard(monkeypatch)
    let_the_database_take_anything(engine_url)

    said = sell_everywhere(town, engine_url, sales, ready=no_checks_if_sqlite)

    assert said["done"] > OFFSETS
    assert count(engine_url, WALLET) < 0


def let_the_database_take_anything(url: str) -> None:
    db = Database(url)
    if db.dialect == "postgresql":
        with db.engine.begin() as connection:
            drop_checks(connection)
    db.close()


def no_checks_if_sqlite(db: Database) -> None:
    if db.dialect == "sqlite":
        no_checks_in_sqlite(db)


# --- the same through HTTP


def sale_body(sale: SaleRequest) -> dict[str, object]:
    """The sale as a tablet sends it."""
    names = ("request_id", "counter", "ref", "token", "total_fen", "offset_units", "channel")
    body: dict[str, object] = {name: getattr(sale, name) for name in names}
    return {**body, "occurred_at": "2026-03-02T09:00:00+08:00"}


def enrol_all(url: str, town: Town) -> list[Tablet]:
    """Every till enrolled over the API with a key of its own and a clerk signed in; no connection stays open."""
    db = Database(url)
    server = Server(db, at=town.at)
    tablets = []
    for till in town.tills:
        device = ec.generate_private_key(ec.SECP256R1())
        code = db.write(
            lambda tx, till=till: terminals.make_enrolment_code(  # type: ignore[misc]
                tx, HERE, till.terminal_id, by=SYSTEM, at=town.at
            )
        )
        body = {"community": "CA01", "code": code, "public_jwk": public_jwk(device)}
        said = server.call("POST", "/api/v1/terminals/enrol", json=body)
        assert said.status_code == 201, said.text
        clerk = ClerkToken(HERE, till.terminal_id, 1, town.at + 3_600 * SECOND_US)
        signed_in = make_token(clerk, VAULT.derive("clerk tokens"))
        tablets.append(Tablet(server, HERE, till.terminal_id, device, clerk_token=signed_in))
    db.close()
    return tablets


def sell_over_http(
    town: Town,
    url: str,
    sales: list[SaleRequest],
    *,
    ready: Callable[[Database], None] = lambda _db: None,
) -> Counter[str]:
    """Eight server processes on one database, each asked by its own tablet over the loopback network."""
    tablets = enrol_all(url, town)
    # A server that starts first would otherwise sell the wallet empty before another looks at it.
    served = meeting(PROCESSES)

    def job(number: int) -> Counter[str]:
        db = Database(url)
        ready(db)
        tablet = tablets[number]
        server = Server(db, at=town.at)
        with serve(server.app) as port:
            served.wait()
            said = Counter(ask(tablet, port, sale) for sale in sales[number::PROCESSES])
        db.close()
        return said

    return sum(run_processes(PROCESSES, job), Counter())


def ask(tablet: Tablet, port: int, sale: SaleRequest) -> str:
    raw = json.dumps(sale_body(sale)).encode()
    headers = {
        "Authorization": tablet.proof("POST", "/api/v1/sales", raw),
        "Jifen-Clerk": tablet.clerk_token,
        "Content-Type": "application/json",
    }
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    line.request("POST", "/api/v1/sales", raw, headers)
    answer = line.getresponse()
    told = json.loads(answer.read())
    line.close()
    return "done" if answer.status == 201 else str(told["code"])


@contextmanager
def serve(app: Flask) -> Iterator[int]:
    """The app on a free port of this process, threads and all."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()


def test_through_http_a_wallet_worth_fifty_offsets_gives_exactly_fifty(engine_url: str) -> None:
    town, sales = rush(engine_url)

    said = sell_over_http(town, engine_url, sales)

    assert sum(said.values()) == 480
    exactly_fifty(engine_url, said)


def test_through_http_without_the_guard_the_wallet_is_overdrawn(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, sales = rush(engine_url)
    decide_on_old_figures(monkeypatch)
    no_wallet_guard(monkeypatch)
    let_the_database_take_anything(engine_url)

    said = sell_over_http(town, engine_url, sales, ready=no_checks_if_sqlite)

    assert said["done"] > OFFSETS
    assert count(engine_url, WALLET) < 0


# --- limits of a day and of a month

DAY_CAP = 80_000
MONTH_CAP = 120_000


def purchases(url: str) -> tuple[Town, list[SaleRequest]]:
    """240 purchases of 10.00 to 49.90: with offsets worth three months' limit, earnings worth many days'."""
    db = Database(url)
    scheme = scheme_with(spend_min_gap_seconds_same_shop=0)
    town = build_town(
        db, people=1, tills_each=PROCESSES, grant_units=1_000_000, scheme_text=scheme, **LIFTED
    )
    sales = [
        town.sale(1, 1_000 + 10 * (n * 7 % 400), UNITS, till=n % PROCESSES) for n in range(240)
    ]
    db.close()
    return town, sales


EARNED = (
    "SELECT sum(t.amount) FROM transfer t JOIN account a ON a.account_id = t.debit_id"
    " WHERE a.kind = 'issued_consumption'"
)


@pytest.mark.parametrize("looks", ["fresh", "old"])
def test_a_day_and_a_month_are_never_passed(
    engine_url: str, looks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, sales = purchases(engine_url)
    if looks == "old":
        decide_on_old_figures(monkeypatch)

    said = sell_everywhere(town, engine_url, sales)

    assert said == {"done": MONTH_CAP // UNITS, "offset_over_month_cap": 240 - MONTH_CAP // UNITS}
    assert count(engine_url, USED) == MONTH_CAP
    assert count(engine_url, EARNED) == DAY_CAP
    db = Database(engine_url)
    check_invariants(db.engine)
    db.close()


def test_without_the_guard_both_limits_are_passed(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, sales = purchases(engine_url)
    decide_on_old_figures(monkeypatch)
    no_cap_guard(monkeypatch)

    sell_everywhere(town, engine_url, sales)

    assert count(engine_url, USED) > MONTH_CAP
    assert count(engine_url, EARNED) > DAY_CAP


# --- one sale's goods come back once


def give_back_everywhere(town: Town, url: str, ref: str) -> Counter[str]:
    """Eight tills take the same 30.00 of a sale of 50.00 back, each under a number of its own."""
    asked = [town.refund(ref, 3_000, till=n) for n in range(PROCESSES)]

    def job(number: int) -> str:
        with desk_in_process(town, url) as desk:
            try:
                return told(lambda: refund(desk, asked[number], at=town.at))
            except GuardMissedError:
                return "missed"

    return Counter(run_processes(PROCESSES, job))


def test_goods_come_back_once(engine_url: str) -> None:
    db = Database(engine_url)
    town = build_town(db, people=1, tills_each=PROCESSES, grant_units=50_000)
    sold = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    db.close()

    said = give_back_everywhere(town, engine_url, sold["ref"])

    assert said == {"done": 1, "refund_over_sale": PROCESSES - 1}
    db = Database(engine_url)
    check_invariants(db.engine)
    db.close()
