"""Checkout over HTTP against its floor: ratios in one run, medians, CPU per request beside.

The reference sale: a live code is verified, 200 points are offset, the rest is earned, a receipt comes back; no PIN.
`python -m tests.bench.checkout [postgresql|sqlite]`
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import update

from kiosk.clerk_tokens import ClerkToken, make_token
from ledger.book.chart import Account
from ledger.book.cover import reserve
from ledger.book.tables import account, balance
from ledger.clock import SECOND_US, now_us
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members.tables import terminal
from ledger.sql import Sql, Tx
from ledger.units import CNY
from tests.bench.load import Round, send_all
from tests.support.device import public_jwk, sign_call
from tests.support.engines import SqliteFiles, create_schema
from tests.support.postgres import Cluster
from tests.support.town import CIVIC, HERE, Town, build_town

WALLETS = 4_000
SHOPS = 12
CLIENTS = 8
SALES_A_ROUND = 800
ROUNDS = 5


Keys = dict[int, ec.EllipticCurvePrivateKey]
"""Each till's device key, by terminal."""


def main(engines: list[str]) -> None:
    """Run and print the table."""
    for engine in engines:
        with database(engine) as (url, pids):
            _run(engine, url, pids)


@contextmanager
def database(engine: str) -> Iterator[tuple[str, list[int]]]:
    """A fresh database with the schema: its URL and the database's own processes."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield SqliteFiles(Path(folder)).copy_to(Path(folder) / "bench.db"), []
        return
    with Cluster(durable=True) as cluster:
        url = cluster.url(cluster.new_database())
        create_schema(url)
        yield url, [int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0])]


def _run(engine: str, url: str, pids: list[int]) -> None:
    db = Database(url)
    now = now_us()
    town = build_town(
        db, people=WALLETS, shops=SHOPS, fund_fen=10**10, allowance_fen=10**9, opened=now - 86_400 * SECOND_US * 30,
        at=now, cover_tranche_fen=1_000_000,
    )  # fmt: skip
    keys = enrol(town)
    fill_wallets(db)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "facts.json").write_text(
            json.dumps({"url": url, "pipelined": True, "accounts": accounts(town)})
        )
        with server(engine, folder) as (port, pid):
            _rounds(engine, town, keys, port, [pid, *pids])
    db.close()


def _rounds(engine: str, town: Town, keys: Keys, port: int, pids: list[int]) -> None:
    sales: list[Round] = []
    floors: list[Round] = []
    people = iter(range(1, WALLETS + 1))
    for number in range(ROUNDS + 1):
        count = SALES_A_ROUND if number else 64
        town.at = now_us()
        chosen = [next(people) for _ in range(min(count, SALES_A_ROUND))] if number < ROUNDS else []
        chosen = chosen or [1 + place for place in range(count)]
        sale = send_all(port, sale_requests(town, keys, chosen), clients=CLIENTS, pids=pids)
        floor = send_all(port, _floor_requests(town, chosen, number), clients=CLIENTS, pids=pids)
        for part in (sale, floor):
            if part.bad:
                raise SystemExit(f"a request failed: {part.bad[0][-420:]!r}")
        if number:
            sales.append(sale)
            floors.append(floor)
    _print(engine, sales, floors)


def _print(engine: str, sales: list[Round], floors: list[Round]) -> None:
    ratio = statistics.median(
        s.per_second / f.per_second for s, f in zip(sales, floors, strict=True)
    )
    print(
        f"\ncheckout over HTTP on {engine}: {CLIENTS} clients, {WALLETS} wallets, {len(sales)} rounds"
    )
    for name, rounds in (("checkout", sales), ("floor", floors)):
        latencies = sorted(latency for each in rounds for latency in each.latencies_ms)
        print(
            f"  {name:9} {statistics.median(r.per_second for r in rounds):8.0f} requests/s"
            f"  {statistics.median(r.cpu_ms for r in rounds):6.2f} ms CPU a request (server and database)"
            f"  p50 {latencies[len(latencies) // 2]:6.1f} ms  p99 {latencies[int(len(latencies) * 0.99)]:6.1f} ms"
        )
    print(f"  ratio     {ratio:8.2f} (checkout to floor, median of rounds)")


def enrol(town: Town) -> Keys:
    """Give every till a device key."""
    keys = {till.terminal_id: ec.generate_private_key(ec.SECP256R1()) for till in town.tills}
    with town.db.engine.begin() as connection:
        for terminal_id, key in keys.items():
            connection.execute(
                update(terminal)
                .where(terminal.c.community_id == HERE, terminal.c.terminal_id == terminal_id)
                .values(public_jwk=json.dumps(public_jwk(key)))
            )
    return keys


def fill_wallets(db: Database) -> None:
    """Points for everybody, past the book."""
    wallets = (
        account.select().with_only_columns(account.c.account_id).where(account.c.kind == "wallet")
    )
    with db.engine.begin() as connection:
        connection.execute(
            update(balance).where(balance.c.account_id.in_(wallets)).values(posted=10_000_000)
        )


_OWNERS = Sql(
    "SELECT account_id, kind, owner_id FROM account WHERE community_id = :community_id"
    " AND kind IN ('wallet', 'pending')"
)


def accounts(town: Town) -> dict[str, object]:
    """Every account a checkout touches, by kind and owner."""
    found: dict[str, dict[int, int]] = {"wallet": {}, "pending": {}, "offset": {}, "cover": {}}
    with town.db.read() as tx:
        for row in tx.all(_OWNERS, community_id=HERE):
            found[row.kind][row.owner_id] = row.account_id
    for shop in range(1, SHOPS + 1):
        found["offset"][shop] = town.desk.side(
            HERE, Account.OFFSET, CIVIC, shop, at=town.at
        ).account_id
        found["cover"][shop] = town.desk.side(HERE, Account.COVER, CNY, shop, at=town.at).account_id
        # The floor fills no reserve, so each shop has one from the start.
        town.db.write(partial(_reserve, shop=shop, town=town))
    issued = town.desk.side(HERE, Account.ISSUED_CONSUMPTION, CIVIC, at=town.at).account_id
    return {**found, "issued": issued}


def _reserve(tx: Tx, *, shop: int, town: Town) -> None:
    reserve(
        tx,
        HERE,
        shop,
        50_000_000,
        request_id=new_request_id(town.at),
        at=town.at,
        business_date=town.day,
    )


def sale_requests(town: Town, keys: Keys, people: list[int]) -> list[bytes]:
    """The reference sale of each person, as signed HTTP requests."""
    secret = town.vault.derive("clerk tokens")
    messages = []
    for place, person in enumerate(people):
        till = town.tills[place % len(town.tills)]
        asked = town.sale(person, 5_000, 20_000, till=place % len(town.tills))
        body = json.dumps(
            {
                "request_id": asked.request_id, "counter": asked.counter, "ref": asked.ref, "token": asked.token,
                "total_fen": 5_000, "offset_units": 20_000, "channel": "scan",
                "occurred_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(town.at / SECOND_US)),
            }
        ).encode()  # fmt: skip
        proof = sign_call(
            keys[till.terminal_id], HERE, till.terminal_id, "POST", "/api/v1/sales", body, town.at
        )
        clerk = make_token(
            ClerkToken(HERE, till.terminal_id, till.merchant_id, town.at + 3_600 * SECOND_US),
            secret,
        )
        messages.append(
            _message("/api/v1/sales", body, {"Authorization": proof, "Jifen-Clerk": clerk})
        )
    return messages


def _floor_requests(town: Town, people: list[int], number: int) -> list[bytes]:
    messages = []
    for place, person in enumerate(people):
        till = town.tills[place % len(town.tills)]
        body = json.dumps(
            {
                "person": person, "shop": till.merchant_id, "terminal": till.terminal_id,
                "code": f"F{number}{place % 12:02d}", "counter": place, "at": town.at, "day": town.day,
            }
        ).encode()  # fmt: skip
        messages.append(_message("/floor", body, {}))
    return messages


def _message(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@contextmanager
def server(engine: str, folder: Path) -> Iterator[tuple[int, int]]:
    """The product served from another process: its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    workers, threads = ("1", "8") if engine == "sqlite" else ("2", "4")
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--port", str(port),
        "--workers", workers, "--blocking-threads", threads, "--no-access-log", "--log-level", "error",
        "tests.bench.server:app",
    ]  # fmt: skip
    environment = {**os.environ, "BENCH_FOLDER": str(folder)}
    process = subprocess.Popen(command, env=environment)
    try:
        _wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the server did not start")


if __name__ == "__main__":
    main(sys.argv[1:] or ["postgresql", "sqlite"])
