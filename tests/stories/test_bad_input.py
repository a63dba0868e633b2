"""Bad input of every kind: each has a code, a status and a next step, and leaves every table as it was."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import TestResponse

from ledger.book import day as book_day
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import agreements, imports, keys, merchants, schemes, settings
from ledger.members.codes import issue_dynamic
from ledger.members.imports import Upload
from ledger.refs import make_reference
from ledger.sql import Tx
from tests.support.everyone import World, settle
from tests.support.http import VAULT, Server, Tablet, everything
from tests.support.members import CHANGAN, DAY, MORNING, OFFICE, Town, agreement_for

REMEMBERED = "request"
"""A refusal of a request with an id is kept, so that asking again gives the same words."""


MONEY = ("sale", "txn", "transfer", "hold", "evidence", "pending", "cap_counter", "visit")
"""Where a sale would leave its traces."""


@dataclass
class Till:
    """A clerk at the till, and a live code of a resident."""

    world: World
    clerk: Tablet

    def code(self) -> str:
        """A fresh code of the resident: every try burns one."""
        serial = int(self.world.here.ids["serial"])
        return self.world.server.db.write(
            lambda tx: issue_dynamic(
                tx, VAULT, self.world.here.town.community_id, serial, at=MORNING, purpose="dyn"
            )
        )

    def sale(self, **change: Any) -> dict[str, Any]:
        """A good sale of 50 yuan, changed in places."""
        ref = make_reference("M01T1", DAY, 1)
        good = {
            "request_id": str(uuid.uuid4()),
            "counter": 1,
            "ref": ref,
            "token": self.code(),
            "total_fen": 5_000,
            "offset_units": 0,
            "channel": "scan",
            "payment_ref": None,
            "pin": None,
            "occurred_at": "2026-03-02T09:00:00+08:00",
        }
        return good | change


@pytest.fixture(scope="module")
def till(sqlite_files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A clerk signed in at a till in a community with keys."""
    db = Database(sqlite_files.copy_to(tmp_path_factory.mktemp("bad") / "jifen.db"))
    server = Server(db)
    world = World(server, settle(server, "CA01"), settle(server, "CA02"))
    community = world.here.town.community_id

    def prepare(tx: Tx) -> None:
        keys.renew_keys(tx, VAULT, community, at=MORNING, by=1)
        book_day.lock(tx, community, 20_260_301, at=MORNING)

    db.write(prepare)
    clerk = world.here.callers["clerk"]
    assert isinstance(clerk, Tablet)
    yield Till(world, clerk)
    db.close()


def rows(till: Till) -> dict[str, Any]:
    return everything(till.world.server.db)


# --- the till's calls


SALES: dict[str, tuple[dict[str, Any], int, str]] = {
    "a negative amount": ({"total_fen": -1}, 422, "bad_input"),
    "nothing to pay": ({"total_fen": 0}, 422, "bad_input"),
    "10^18 yuan": ({"total_fen": 10**20}, 422, "bad_input"),
    "more than a till ever sells": ({"total_fen": 10**12 + 1}, 422, "bad_input"),
    "fen with decimals": ({"total_fen": 5_000.0}, 422, "bad_input"),
    "an amount in quotes": ({"total_fen": "5000"}, 422, "bad_input"),
    "yes for an amount": ({"total_fen": True}, 422, "bad_input"),
    "nothing for an amount": ({"total_fen": None}, 422, "bad_input"),
    "negative points": ({"offset_units": -2_000}, 422, "bad_input"),
    "a field nobody knows": ({"discount": 1}, 422, "bad_input"),
    "a time without a zone": ({"occurred_at": "2026-03-02T09:00:00"}, 422, "bad_input"),
    "a time as a number": ({"occurred_at": 1_772_413_200}, 422, "bad_input"),
    "the 31st of February": ({"occurred_at": "2026-02-31T09:00:00+08:00"}, 422, "bad_input"),
    "a channel nobody knows": ({"channel": "barter"}, 422, "bad_input"),
    "a request number of one's own": ({"request_id": "sale-1"}, 422, "bad_input"),
    "a counter of zero": ({"counter": 0}, 422, "bad_input"),
    "a token without end": ({"token": "7" * 1_000}, 422, "bad_input"),
    "a list for a token": ({"token": ["71"]}, 422, "bad_input"),
}


@pytest.mark.parametrize("name", SALES)
def test_a_sale_that_cannot_be_meant_is_refused_before_anything_is_read(
    till: Till, name: str
) -> None:
    change, status, code = SALES[name]
    body = till.sale(**change)
    before = rows(till)

    answer = till.clerk.call("POST", "/api/v1/sales", body)

    assert (answer.status_code, told(answer)) == (status, code)
    assert rows(till) == before


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a payment code of another wallet": ({"token": "134567890123456789"}, "token_foreign_wallet"),
    "words for a token": ({"token": "hello"}, "token_not_a_code"),
    "half a token": ({"token": "71123"}, "token_wrong_length"),
    "points in odd steps": ({"offset_units": 2_001}, "offset_not_in_steps"),
    "more points than there are": ({"offset_units": 2_000}, "insufficient_points"),
    "more than the share of the bill": ({"offset_units": 40_000}, "offset_over_bill_share"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_sale_a_rule_forbids_is_refused_and_only_the_refusal_is_remembered(
    till: Till, name: str
) -> None:
    change, code = REFUSED[name]
    body = till.sale(**change)
    before = rows(till)

    answer = till.clerk.call("POST", "/api/v1/sales", body)

    assert told(answer) == code
    after = rows(till)
    changed = {table for table in before if after[table] != before[table]}
    assert changed <= {REMEMBERED, "token_use", "account", "balance"}
    for table in MONEY:
        assert after[table] == before[table], table


OTHER_CALLS: dict[str, tuple[str, str, object, int, str]] = {
    "a refund of a sale that never was": (
        "POST",
        "/api/v1/refunds",
        {
            "request_id": str(uuid.uuid4()),
            "counter": 2,
            "ref": make_reference("M01T1", DAY, 2),
            "original_ref": make_reference("M01T1", DAY, 9),
            "refund_fen": 100,
            "occurred_at": "2026-03-02T09:00:00+08:00",
        },
        404,
        "sale_not_found",
    ),
    "a sale nobody made": (
        "GET",
        "/api/v1/sales/M01T1-260302-00009-X",
        None,
        404,
        "sale_not_found",
    ),
    "a day that is none": ("GET", "/api/v1/sales?day=2026-02-30", None, 422, "bad_input"),
    "a question nobody asked": ("GET", "/api/v1/sales?mood=good", None, 422, "bad_input"),
    "a cursor somebody wrote": ("GET", "/api/v1/sales?cursor=abc", None, 422, "cursor_bad"),
    "a thousand rows at once": ("GET", "/api/v1/sales?limit=1000", None, 422, "bad_input"),
    "an empty quote": ("POST", "/api/v1/quotes", {}, 422, "bad_input"),
    "claims without totals": ("POST", "/api/v1/claims", {"lines": []}, 422, "bad_input"),
    "a clerk that is a number": (
        "POST",
        "/api/v1/clerks/sign-in",
        {"clerk_id": 7, "code": "5827"},
        422,
        "bad_input",
    ),
    "an address nobody has": ("GET", "/api/v1/everything", None, 404, "route_not_found"),
}


@pytest.mark.parametrize("name", OTHER_CALLS)
def test_other_calls_that_make_no_sense_are_refused(till: Till, name: str) -> None:
    method, target, body, status, code = OTHER_CALLS[name]
    before = rows(till)

    answer = till.clerk.call(method, target, body)

    assert (answer.status_code, told(answer)) == (status, code)
    assert rows(till) == before


def test_a_till_whose_clock_is_wrong_is_told_so(till: Till) -> None:
    body = till.sale()
    before = rows(till)

    answer = till.clerk.call("POST", "/api/v1/sales", body, iat=MORNING // SECOND_US - 86_400)

    assert (answer.status_code, told(answer)) == (401, "proof_clock")
    assert answer.get_json()["facts"] == {"off_s": 86_400}
    assert rows(till) == before


def test_a_hundred_megabytes_are_refused_unread(till: Till) -> None:
    before = rows(till)

    answer = till.world.server.call(
        "POST",
        "/api/v1/sales",
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "100000000"},
    )

    assert (answer.status_code, told(answer)) == (413, "body_too_large")
    assert rows(till) == before


def told(answer: TestResponse) -> str:
    """The code of a refusal, once it is sure that people and programs are told what to do next."""
    assert answer.mimetype == "application/problem+json", answer.get_data(as_text=True)
    problem = answer.get_json()
    assert problem["status"] == answer.status_code
    assert problem["next"] in {"change", "retry", "wait", "sign_in", "check", "ask", "none"}
    assert problem["detail"]
    assert problem["detail_en"]
    assert "…" not in problem["detail_en"]
    assert problem["request_id"] == answer.headers["Jifen-Request-Id"]
    return str(problem["code"])


# --- what the office and the command line send


Act = Callable[[Tx, Town], object]


def adopt(text: bytes) -> Act:
    return lambda tx, town: schemes.adopt(
        tx, town.community_id, text, name="scheme.toml", by=OFFICE, at=MORNING
    )


def table(raw: bytes, kind: str = "households") -> Act:
    return lambda tx, town: imports.take(
        tx, town.community_id, Upload(raw, "a.csv", kind, {}), by=OFFICE, at=MORNING
    )


def sign(**terms: Any) -> Act:
    return lambda tx, town: agreements.sign_agreement(
        tx, town.community_id, agreement_for(**{"merchant_id": 7} | terms), by=OFFICE, at=MORNING
    )


NEXT_VERSION = CHANGAN.replace(b'"2026.1"', b'"2026.2"')
ACTS: dict[str, tuple[Act, str]] = {
    "broken TOML": (adopt(b"[scheme\nid ="), "scheme_refused"),
    "TOML in GBK": (adopt("name = '常安'".encode("gbk")), "scheme_refused"),
    "a scheme with an unknown key": (adopt(CHANGAN + b"\n[extra]\na = 1\n"), "scheme_refused"),
    "a scheme with a negative rate": (
        adopt(NEXT_VERSION.replace(b"points_per_yuan = 20", b"points_per_yuan = -20")),
        "scheme_refused",
    ),
    "a scheme dated into a locked day": (
        adopt(NEXT_VERSION.replace(b"2026-01-01", b"2026-03-01", 1)),
        "scheme_too_late",
    ),
    "the same version with other content": (
        adopt(
            CHANGAN.replace(b"points_per_yuan = 1 ", b"points_per_yuan = 2 ").replace(
                b"points_per_yuan = 1\n", b"points_per_yuan = 2\n"
            )
        ),
        "scheme_version_known",
    ),
    "a setting below zero": (
        lambda tx, town: settings.change(
            tx, town.community_id, {"card_pause_s": -1}, by=OFFICE, why="x", at=MORNING
        ),
        "setting_bad",
    ),
    "an agreement with a shop that is not there": (sign(), "merchant_not_found"),
    "a shop that is not there": (
        lambda tx, town: merchants.set_state(
            tx, town.community_id, 7, "left", by=OFFICE, at=MORNING
        ),
        "merchant_not_found",
    ),
    "a table in a wrong encoding": (table(b"household_code\n\xff\xff"), "import_encoding"),
    "a table with a formula": (
        table(b"household_code,building,unit\n=1+1,1,1\n"),
        "import_rows_wrong",
    ),
    "a table of another kind": (table(b"a,b\n1,2", "salaries"), "import_kind"),
    "a table of a hundred megabytes": (table(b"x" * 100_000_000), "file_too_large"),
    "an opening balance of 10^18": (
        table(b"household_code,points\n3-2-501,1000000000000000000\n", "balances"),
        "import_rows_wrong",
    ),
    "an opening balance below zero": (
        table(b"household_code,points\n3-2-501,-5\n", "balances"),
        "import_rows_wrong",
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_acts_of_the_office_that_make_no_sense_leave_no_trace(till: Till, name: str) -> None:
    act, code = ACTS[name]
    before = rows(till)

    with pytest.raises(Refusal) as refused:
        till.world.server.db.write(lambda tx: act(tx, till.world.here.town))

    assert refused.value.code == code
    assert rows(till) == before


def test_an_entry_dated_into_a_locked_day_is_refused(till: Till) -> None:
    town = till.world.here.town
    body = till.sale(
        ref=make_reference("M01T1", DAY, 3), counter=3, occurred_at="2026-03-02T09:00:00+08:00"
    )
    till.world.server.db.write(lambda tx: book_day.lock(tx, town.community_id, DAY, at=MORNING))
    before = rows(till)

    answer = till.clerk.call("POST", "/api/v1/sales", body)

    assert (answer.status_code, told(answer)) == (409, "period_locked")
    after = rows(till)
    for name in MONEY:
        assert after[name] == before[name], name
