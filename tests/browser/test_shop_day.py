"""A shop sells all day behind a cut line: one entry each, no number left out, everything claimed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from playwright.sync_api import Playwright

import pos.offline.intake
from ledger.audit import By
from ledger.book import requests
from ledger.database import Database
from ledger.members import keys
from ledger.offline.shops import decide_shop
from settlement.night import run_night
from tests.browser.served import serve
from tests.browser.shop_day import FIRST, Day, Shop, live, out_of_order, repeated
from tests.browser.tablet import PHONE, chromium
from tests.support.cable import Cable
from tests.support.town import HERE, moment

pytestmark = [pytest.mark.browser]

_PEOPLE = 5
_FIGURES = Path("build")


@pytest.mark.slow
@pytest.mark.usefixtures("audited")
def test_a_day_of_forty_sales_without_network(
    playwright: Playwright, sqlite_url: str, tmp_path: Path
) -> None:
    _day(playwright, sqlite_url, tmp_path, 40)


@pytest.mark.proof
@pytest.mark.timeout(7200)
@pytest.mark.usefixtures("audited")
def test_a_day_of_two_hundred_sales_without_network(
    playwright: Playwright, sqlite_url: str, tmp_path: Path
) -> None:
    _day(playwright, sqlite_url, tmp_path, 200)


@pytest.mark.slow
def test_with_a_queue_that_dies_with_its_tab_the_day_does_not_come_out(
    playwright: Playwright, sqlite_url: str, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match="booked once"):
        _day(playwright, sqlite_url, tmp_path, 10, queue_is_kept=False)


@pytest.mark.slow
def test_where_the_server_does_not_know_a_request_again_the_day_does_not_come_out(
    playwright: Playwright, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*asked: Any, **_: Any) -> None:
        raise asked[5]

    monkeypatch.setattr(pos.offline.intake, "stored_answer", lambda *_: None)
    monkeypatch.setattr(requests, "refuse", refuse)
    with pytest.raises(AssertionError, match="every line booked"):
        _day(playwright, sqlite_url, tmp_path, 10)


def _day(
    playwright: Playwright, url: str, folder: Path, sales: int, *, queue_is_kept: bool = True
) -> None:
    database = Database(url)
    with serve(database, folder, people=_PEOPLE) as served:
        served.town.db.write(
            lambda tx: keys.renew_keys(tx, served.town.vault, HERE, at=served.now(), by=0)
        )
        served.town.db.write(
            lambda tx: decide_shop(
                tx, HERE, 1, 200_000, why="网络常断", by=By("staff", 1), at=served.now()
            )
        )
        cable = Cable(served.port, seed=20_260_302, noisy_paths=(), first=FIRST)
        with chromium(playwright) as browser, cable:
            context = browser.new_context(viewport=PHONE)
            shop = Shop(context, served, cable, queue_is_kept=queue_is_kept)
            day = live(shop, sales, _PEOPLE)
            assert shop.errors == []
        _check(day, sales)
        night = run_night(served.town.db, HERE, 20260302, at=moment("2026-03-03 02:00"))
    database.close()
    fen = sum(fen for _, _, fen in day.due)
    assert (night.state, night.settled_fen, night.codes) == ("locked", fen, ())
    _keep_figures(day, sales, night.settled_fen)


def _keep_figures(day: Day, sales: int, settled_fen: int) -> None:
    figures = {
        "sales": sales,
        "queued": day.waiting,
        "tabs_killed": day.kills,
        "uploads": dict(day.treated),
        "came_again": repeated(day.delivered),
        "out_of_order": out_of_order(day.delivered),
        "booked": len(day.booked),
        "numbers": [day.counters[0], day.counters[-1]],
        "signed_lines": len(day.signed),
        "settled_fen": settled_fen,
    }
    _FIGURES.mkdir(parents=True, exist_ok=True)
    (_FIGURES / f"shop_day_{sales}.json").write_text(json.dumps(figures), encoding="utf-8")


def _check(day: Day, sales: int) -> None:
    assert Counter(day.booked) == Counter(day.sold), "every sale booked once"
    assert day.refunds == [3_000]
    assert day.counters == list(range(1, sales + 2)), "no number left out"
    assert [line["counter"] for line in day.lines] == day.counters
    assert {line["state"] for line in day.lines} == {"booked"}, "every line booked"
    assert {(line["batch_no"], line["alarm"]) for line in day.lines} == {(1, 0)}
    assert sorted(day.claims) == sorted(day.due)
    assert day.batches == [(1, sales + 1, "ok")]
    assert day.waiting == sales - 1
    _check_day_file(day)
    # Every kind of bad line was met: the day would prove little on a good one.
    assert set(day.treated) == {*FIRST}
    assert repeated(day.delivered) > 0
    assert out_of_order(day.delivered) > 0


def _check_day_file(day: Day) -> None:
    """Each booked write and the claim once, counted, chained and signed by the tablet's key."""
    jwk = json.loads(day.key)
    x, y = (int.from_bytes(_raw(jwk[name])) for name in "xy")
    key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    before = ""
    told: list[str] = []
    for n, entry in enumerate(day.signed, 1):
        said, _, signature = entry["line"].rpartition(".")
        raw = _raw(signature)
        r, s = int.from_bytes(raw[:32]), int.from_bytes(raw[32:])
        key.verify(encode_dss_signature(r, s), said.encode(), ec.ECDSA(hashes.SHA256()))
        payload: dict[str, Any] = json.loads(_raw(said.split(".")[1]))
        assert (payload["n"], payload["p"]) == (n, before)
        digest = hashlib.sha256(entry["line"].encode()).digest()
        before = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        told.append(payload["r"])
    lines = [line["request_id"] for line in day.lines]
    assert sorted(told[:-1]) == sorted(lines)
    assert len(told) == len(lines) + 1


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
