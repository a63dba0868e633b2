"""The other direction: a till shows a signed bill, the resident's own page confirms it, once and in time."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ledger.audit import SYSTEM
from ledger.clock import SECOND_US
from ledger.ids import new_request_id
from ledger.members import terminals
from ledger.sql import Sql
from pos.amount_sale import cancel, state_of
from tests.support.device import b64, public_jwk
from tests.support.invariants import check_invariants
from tests.support.pages_town import PIN, Served, text_of
from tests.support.town import HERE

PAGE = "/me/amount"
_SALES = Sql(
    "SELECT sale_id, ref, person_id, total_fen, offset_fen, offset_units, earned_units FROM sale"
    " WHERE community_id = :community_id"
)

_KIND = Sql(
    "UPDATE terminal SET kind = :kind WHERE community_id = :community_id AND terminal_id = :terminal_id"
)


class Shown:
    """A till of the town that shows bills."""

    def __init__(self, served: Served) -> None:
        """Enrol it with a key of its own."""
        self.served = served
        self.till = served.town.tills[0]
        self.key = ec.generate_private_key(ec.SECP256R1())
        at = served.town.at

        def enrol(tx) -> None:
            code = terminals.make_enrolment_code(tx, HERE, self.till.terminal_id, by=SYSTEM, at=at)
            terminals.enrol(tx, HERE, code, public_jwk(self.key), at=at)

        served.town.db.write(enrol)

    def bill(self, total_fen: int = 5_000, **more: Any) -> dict[str, Any]:
        """What a fresh code says."""
        ref = self.till.next_ref(self.served.town.day)
        return {
            "c": str(HERE),
            "i": "CA01",
            "r": new_request_id(self.served.town.at),
            "n": self.till.counter,
            "ref": ref,
            "a": total_fen,
            "h": "scan",
            "t": self.served.town.at // SECOND_US,
            **more,
        }

    def sign(self, said: dict[str, Any], key: ec.EllipticCurvePrivateKey | None = None) -> str:
        """The code itself."""
        head = {"typ": "jifen-amount", "alg": "ES256", "kid": str(self.till.terminal_id)}
        signed = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(said).encode())}"
        raw = (key or self.key).sign(signed.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(raw)
        return f"{signed}.{b64(r.to_bytes(32) + s.to_bytes(32))}"


@pytest.fixture
def shown(served: Served) -> Shown:
    """A till with a key."""
    return Shown(served)


def answer(
    served: Served, code: str, points: str = "200", *, person: int = 1, pin: str = ""
) -> str:
    data = {"c": code, "points": points, "pin": pin}
    return text_of(served.resident(person).post(PAGE, data=data))


def sales(served: Served) -> list[Any]:
    with served.town.db.read() as tx:
        return tx.all(_SALES, community_id=HERE)


def test_a_bill_is_opened_confirmed_and_booked_with_the_tills_own_number(
    served: Served, shown: Shown
) -> None:
    said = shown.bill()
    code = shown.sign(said)

    opened = text_of(served.resident().get(f"{PAGE}?c={code}"))
    assert "50.00 元" in opened
    done = answer(served, code)

    assert "账单已确认" in done
    assert "40.00 元" in done
    [sale] = sales(served)
    assert (sale.sale_id, sale.ref, sale.person_id) == (said["r"], said["ref"], 1)
    assert (sale.offset_fen, sale.offset_units, sale.earned_units) == (1_000, 20_000, 4_000)
    check_invariants(served.town.db.engine)


def test_confirmed_twice_it_is_one_sale_and_nobody_else_confirms_it(
    served: Served, shown: Shown
) -> None:
    code = shown.sign(shown.bill())

    first = answer(served, code)
    assert answer(served, code) == first
    assert "这张账单已经处理过" in answer(served, code, person=2)

    assert len(sales(served)) == 1


def test_an_altered_a_foreign_and_a_late_bill_are_refused(served: Served, shown: Shown) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    head, body, signature = shown.sign(shown.bill()).split(".")
    cheaper = b64(json.dumps(shown.bill(100)).encode())
    late = shown.bill(t=served.town.at // SECOND_US - 181)
    early = shown.bill(t=served.town.at // SECOND_US + 61)

    assert "不是本社区的收款机出示的" in answer(served, f"{head}.{cheaper}.{signature}")
    assert "不是本社区的收款机出示的" in answer(served, shown.sign(shown.bill(), stranger))
    assert "不是本社区的收款机出示的" in answer(served, shown.sign(early))
    assert "不是本社区的收款机出示的" in answer(served, shown.sign(shown.bill(a=True)))
    assert "不是本社区的收款机出示的" in answer(served, f"{head}.{body}")
    assert "别的社区" in answer(served, shown.sign(shown.bill(c="7")))
    assert "超过三分钟" in answer(served, shown.sign(late))
    assert sales(served) == []


@pytest.mark.parametrize("kind", ["kiosk", "counter"])
def test_only_a_till_shows_bills(served: Served, shown: Shown, kind: str) -> None:
    asked = {"community_id": HERE, "terminal_id": shown.till.terminal_id, "kind": kind}
    served.town.db.write(lambda tx: tx.run(_KIND, **asked))

    assert "不是本社区的收款机出示的" in answer(served, shown.sign(shown.bill()))
    assert sales(served) == []


def test_many_points_need_the_pin_and_a_wrong_one_leaves_the_bill_open(
    served: Served, shown: Shown
) -> None:
    code = shown.sign(shown.bill(100_000))
    many = "360"

    assert "每档 20.00 积分" in answer(served, code, "350", pin=PIN)
    wrong = answer(served, code, many, pin="111112")
    assert "账单已确认" not in wrong
    assert "账单已确认" in answer(served, code, many, pin=PIN)


def test_a_bill_the_shop_took_back_is_refused_and_a_booked_one_is_not_taken_back(
    served: Served, shown: Shown
) -> None:
    back, booked = shown.bill(), shown.bill()
    at = served.town.at
    served.town.db.write(lambda tx: cancel(tx, HERE, back["r"], at=at))

    assert "商户已撤回" in answer(served, shown.sign(back))
    assert "账单已确认" in answer(served, shown.sign(booked))
    served.town.db.write(lambda tx: cancel(tx, HERE, booked["r"], at=at))
    with served.town.db.read() as tx:
        assert state_of(tx, HERE, booked["r"])[0] == "booked"
        assert state_of(tx, HERE, back["r"]) == ("cancelled", None)


def test_a_till_out_of_service_shows_no_bills(served: Served, shown: Shown) -> None:
    code = shown.sign(shown.bill())
    here = shown.till.terminal_id
    served.town.db.write(lambda tx: terminals.revoke(tx, HERE, here, by=SYSTEM, at=served.town.at))

    assert "账单已确认" not in answer(served, code)
    assert sales(served) == []


def test_before_it_is_confirmed_the_page_says_what_is_to_pay_and_whether_it_brings_points(
    served: Served, shown: Shown
) -> None:
    resident = served.resident(1)

    usual, cash = (
        text_of(resident.get(f"{PAGE}?c={shown.sign(shown.bill(h=how))}"))
        for how in ("scan", "cash")
    )

    for said in ("用了以后付 35.00 元", "不用积分付 50.00 元"):
        assert said in usual
        assert said in cash
    assert "这种付款方式不积分" in cash
    assert "不积分" not in usual
