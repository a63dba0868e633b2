"""One sale and its night through the server's own API: the tablet's record against the book's, nothing between them."""

from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.clerk_tokens import ClerkToken, make_token
from ledger.audit import SYSTEM
from ledger.book.balances import account_sum
from ledger.clock import SECOND_US
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.members import terminals
from ledger.sql import Tx
from ledger.token_keys import KeyClass
from ledger.units import CNY
from settlement.night import run_night
from tests.support.device import public_jwk
from tests.support.http import VAULT, Server, Tablet
from tests.support.tampering import as_insider
from tests.support.town import CIVIC, HERE, Town, build_town, moment


def _tablet(db: Database, town: Town) -> Tablet:
    """A tablet enrolled with a one-time code, a clerk signed in."""
    server = Server(db, at=town.at)
    till = town.tills[0]

    def code(tx: Tx) -> str:
        return terminals.make_enrolment_code(tx, HERE, till.terminal_id, by=SYSTEM, at=town.at)

    device = ec.generate_private_key(ec.SECP256R1())
    said = server.call(
        "POST",
        "/api/v1/terminals/enrol",
        json={"community": "CA01", "code": db.write(code), "public_jwk": public_jwk(device)},
    )
    assert said.status_code == 201, said.text
    token = ClerkToken(HERE, till.terminal_id, 1, town.at + 3_600 * SECOND_US)
    signed_in = make_token(token, VAULT.derive("clerk tokens"))
    return Tablet(server, HERE, till.terminal_id, device, clerk_token=signed_in)


def _sell(tablet: Tablet, town: Town, total_fen: int, units: int, **more: Any) -> dict[str, Any]:
    ref = town.tills[0].next_ref(town.day)
    body = {
        "request_id": new_request_id(town.at),
        "counter": town.tills[0].counter,
        "ref": ref,
        "token": town.code(1),
        "total_fen": total_fen,
        "offset_units": units,
        "channel": "scan",
        "occurred_at": "2026-03-02T09:00:00+08:00",
        **more,
    }
    said = tablet.call("POST", "/api/v1/sales", body)
    assert said.status_code == 201, said.text
    return {**said.get_json(), "sent": body}


def _line(counter: int, sale: dict[str, Any]) -> dict[str, Any]:
    return {
        "counter": counter,
        "ref": sale["ref"],
        "kind": "sale",
        "total_fen": sale["total_fen"],
        "offset_units": sale["offset_units"],
        "offset_fen": sale["offset_fen"],
        "paid_fen": sale["paid_fen"],
        "occurred_at": "2026-03-02T09:00:00+08:00",
    }


def _file_day(
    tablet: Tablet, town: Town, lines: list[dict[str, Any]], batch_no: int = 1
) -> dict[str, Any]:
    counters = [line["counter"] for line in lines]
    said = tablet.call(
        "POST",
        "/api/v1/claims",
        {
            "request_id": new_request_id(town.at),
            "business_date": "2026-03-02",
            "batch_no": batch_no,
            "opened_at": "2026-03-02T08:00:00+08:00",
            "closed_at": "2026-03-02T21:00:00+08:00",
            "lines": lines,
            "totals": {
                "sales": len(lines),
                "refunds": 0,
                "offset_units_plus": sum(line["offset_units"] for line in lines),
                "offset_units_minus": 0,
                "offset_fen_plus": sum(line["offset_fen"] for line in lines),
                "offset_fen_minus": 0,
                "first_counter": min(counters),
                "last_counter": max(counters),
                "hash_total": sum(counters),
            },
        },
    )
    assert said.status_code == 200, said.text
    answer: dict[str, Any] = said.get_json()
    return answer


def test_fifty_yuan_are_sold_claimed_and_settled(db: Database) -> None:
    town = build_town(db, grant_units=50_000, vault=VAULT)
    tablet = _tablet(db, town)

    quote = tablet.call(
        "POST", "/api/v1/quotes", {"token": town.code(1), "total_fen": 5_000}
    ).get_json()
    sale = _sell(tablet, town, 5_000, 20_000)
    filed = _file_day(tablet, town, [_line(1, sale)])
    night = run_night(db, HERE, 20260302, at=moment("2026-03-03 02:00"))

    assert quote["proposal"] == {
        "units": 30_000,
        "fen": 1_500,
        "limited_by": "bill_share",
        "sentence": "积分最多抵账单的 30%。",
        "sentence_en": "Points may pay for at most 30% of the bill.",
    }
    assert (sale["offset_fen"], sale["paid_fen"], sale["earned_units"]) == (1_000, 4_000, 4_000)
    assert sale["earned_state"] == "pending"
    assert sale["balance_units"] == 30_000
    assert filed["outcome"] == "ok"
    assert (night.state, night.settled_fen, night.codes) == ("locked", 1_000, ())
    with db.read() as tx:
        assert account_sum(tx, HERE, "payable", CNY, 1) == 1_000
        assert account_sum(tx, HERE, "retired", CIVIC) == 20_000


def test_every_amount_on_the_slip_says_whether_it_is_points_or_yuan(db: Database) -> None:
    town = build_town(db, grant_units=50_000, vault=VAULT)

    sale = _sell(_tablet(db, town), town, 5_000, 20_000)

    lines = {line["label"]: line["value"] for line in sale["receipt"]["lines"]}
    assert list(lines.items())[-5:] == [
        ("消费金额", "50.00 元"),
        ("使用积分", "200.00 分 = 10.00 元"),
        ("实付", "40.00 元"),
        ("获得积分（待确认）", "40.00 分"),
        ("余额", "300.00 分"),
    ]


def test_a_code_that_only_collects_is_told_so_before_the_sale(db: Database) -> None:
    town = build_town(db, grant_units=50_000, vault=VAULT)
    collecting = {"token": town.code(1, KeyClass.EARN), "total_fen": 5_000}

    quote = _tablet(db, town).call("POST", "/api/v1/quotes", collecting).get_json()

    assert quote["proposal"] == {
        "units": 0,
        "fen": 0,
        "limited_by": "earn_only",
        "sentence": "这个码只能积分，不能抵扣。",
        "sentence_en": "This code only collects points.",
    }


def test_the_home_screen_says_what_the_shop_is_owed(db: Database) -> None:
    town = build_town(db, grant_units=50_000, vault=VAULT)
    tablet = _tablet(db, town)
    _sell(tablet, town, 5_000, 20_000)

    state = tablet.call("GET", "/api/v1/till/state").get_json()

    assert state["owed"]["owed_fen"] == 1_000
    assert state["owed"]["arrives_on"] > "2026-03-02"
    assert state["terminal"]["last_counter"] == 1
    assert state["rules"]["units_per_fen"] == 20


def test_a_row_altered_after_the_day_was_filed_is_found_that_night(db: Database) -> None:
    town = build_town(db, grant_units=50_000, vault=VAULT)
    tablet = _tablet(db, town)
    sale = _sell(tablet, town, 5_000, 20_000)
    _file_day(tablet, town, [_line(1, sale)])
    with as_insider(db) as connection:
        connection.exec_driver_sql(
            "UPDATE offset_booked SET units = 18000, fen = 900 WHERE community_id = 1 AND fen = 1000"
        )

    night = run_night(db, HERE, 20260302, at=moment("2026-03-03 02:00"))

    assert [code.code for code in night.codes] == ["C2", "V1"]
    assert night.state == "stopped"


def test_the_same_sale_sent_again_changes_nothing(db: Database) -> None:
    town = build_town(db, grant_units=50_000, vault=VAULT)
    tablet = _tablet(db, town)
    sale = _sell(tablet, town, 5_000, 20_000)

    again = tablet.call("POST", "/api/v1/sales", sale["sent"])

    assert again.status_code == 201
    assert again.get_json() == {name: value for name, value in sale.items() if name != "sent"}


def test_other_content_under_the_same_id_is_refused(db: Database) -> None:
    town = build_town(db, grant_units=50_000, vault=VAULT)
    tablet = _tablet(db, town)
    sale = _sell(tablet, town, 5_000, 20_000)

    said = tablet.call("POST", "/api/v1/sales", {**sale["sent"], "total_fen": 6_000})

    assert said.status_code == 409
    assert said.get_json()["code"] == "request_id_reused"
