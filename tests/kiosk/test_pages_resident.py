"""The resident's page: points with their reasons, a code that renews itself, and nothing of anybody else."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from ledger import tokens
from ledger.audit import SYSTEM
from ledger.members import cards, keys
from ledger.sql import Sql
from pos.checkout import check_out
from pos.proof import BillLine, prove_by_bill
from pos.refunds import refund
from tests.support.pages_town import NAMES, PIN, Served, text_of
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE

STATIC = Path(__file__).parents[2] / "kiosk" / "static"
SEQUENCE = Sql("SELECT last_issue FROM code_sequence WHERE community_id = :community_id")


def buy(served: Served, person: int = 1, offset_units: int = 20_000) -> str:
    """50 yuan of goods, by default with 200 points."""
    town = served.town
    receipt = check_out(town.desk, town.sale(person, 5_000, offset_units), at=town.at)
    town.later(600)
    return str(receipt["ref"])


def test_whoever_is_not_signed_in_is_led_to_the_door_and_back(served: Served) -> None:
    visitor = served.visitor()

    led = visitor.get("/me/code")
    door = visitor.get(led.location)
    signed = visitor.post(
        "/me/sign-in",
        data={
            "place": "CA01",
            "number": served.card_numbers[1].lower(),
            "pin": PIN,
            "next": "/me/code",
        },
    )

    assert led.status_code == 303
    assert led.location.startswith("/me/sign-in?next=")
    assert "卡号" in text_of(door)
    assert signed.location == "/me/code"
    assert visitor.get("/me").status_code == 200


def test_the_way_back_never_leaves_this_site(served: Served) -> None:
    for bad in (
        "https://evil.example/me",
        "//evil.example",
        "/me//evil.example",
        "/office",
        "/me/\\x",
    ):
        signed = served.visitor().post(
            "/me/sign-in",
            data={"place": "CA01", "number": served.card_numbers[1], "pin": PIN, "next": bad},
        )

        assert signed.location == "/me", bad


def test_a_wrong_pin_is_told_with_the_tries_left_and_locks_in_the_end(served: Served) -> None:
    visitor = served.visitor()
    asked = {"place": "CA01", "number": served.card_numbers[1], "pin": "908172"}

    told = [text_of(visitor.post("/me/sign-in", data=asked)) for _ in range(6)]

    assert "没有办成" in told[0]
    assert "4" in told[0]
    assert told[-1] != told[0]
    assert visitor.get("/me").status_code == 303
    right = visitor.post("/me/sign-in", data={**asked, "pin": PIN})
    assert right.status_code != 303


def test_what_became_of_a_card_is_told_to_whoever_knows_its_pin_alone(served: Served) -> None:
    db, number = served.town.db, served.card_numbers[1]
    with db.read() as tx:
        serial = cards.get_by_number(tx, HERE, number).serial
    db.write(lambda tx: cards.set_state(tx, HERE, serial, "lost", by=SYSTEM, at=served.town.at))
    asked = {"place": "CA01", "number": number}

    guessed = text_of(served.visitor().post("/me/sign-in", data={**asked, "pin": "908172"}))
    known = served.visitor().post("/me/sign-in", data={**asked, "pin": PIN})

    assert "挂失" not in guessed
    assert (known.status_code, "这张卡已挂失，不能用来登录" in text_of(known)) == (409, True)


def test_points_stand_large_and_what_is_on_the_way_stands_apart(served: Served) -> None:
    buy(served)

    page = text_of(served.resident().get("/me"))

    assert "600.00 积分" in page
    assert "可抵 30.00 元（20 积分 = 1 元）" in page
    assert "待确认 40.00 积分" in page
    assert "待补" not in page


def test_every_entry_says_why(served: Served) -> None:
    ref = buy(served)
    town = served.town
    refund(town.desk, town.refund(ref, 5_000), at=town.at)

    page = text_of(served.resident().get("/me"))

    assert "社区发放" in page
    assert f"在shop 1抵扣 2026-03-02 09:00 · {ref} 规则版本 changan/2026.1 −200.00 可用" in page
    assert "在shop 1消费得积分" in page
    assert "退还抵扣的积分" in page
    assert "+200.00 可用" in page
    assert "收回当时得的积分" in page
    assert "−40.00 待确认" in page


def test_debt_is_told_without_blame_and_asks_for_no_money(served: Served) -> None:
    town = served.town
    ref = buy(served, person=2, offset_units=0)
    line = BillLine(payment_ref="28001", fen=5_000, paid_at=town.at)
    prove_by_bill(town.desk, HERE, 1, [line], until=town.at, by="test", at=town.later(60))
    for units in (40_000, 40_000, 4_000):
        check_out(town.desk, town.sale(2, 7_000, units, till=1), at=town.at)
        town.later(600)
    refund(town.desk, town.refund(ref, 5_000), at=town.at)

    page = text_of(served.resident(2).get("/me"))

    assert "付款已核对，积分可以用了" in page
    assert "待补 40.00 积分" in page
    assert "不用付钱" in page


def test_the_english_page_is_one_tap_away_and_stays(served: Served) -> None:
    client = served.resident()
    chinese = client.get("/me")

    assert 'href="/me?lang=en"' in chinese.get_data(as_text=True)
    assert "Points of your household" in text_of(client.get("/me?lang=en"))
    assert "Show my code" in text_of(client.get("/me"))
    assert "出示积分码" in text_of(client.get("/me?lang=zh"))


def test_older_entries_follow_page_by_page_and_each_stands_once(served: Served) -> None:
    town = served.town
    for _ in range(70):
        town.grant(1, 100)
        town.later(60)
    client = served.resident()

    seen: list[str] = []
    path = "/me"
    while path:
        html = client.get(path).get_data(as_text=True)
        seen += re.findall(r'<time datetime="([^"]+)"', html)
        older = re.search(r'href="(/me\?before=\d+)"', html)
        path = older[1] if older else ""

    assert len(seen) == 71
    assert len(set(seen)) == 71 - 1  # the first two grants fell into one second


def test_a_code_renews_and_is_never_the_same(served: Served) -> None:
    client = served.resident()
    json = {"Accept": "application/json"}

    first = client.post("/me/code", headers=json).get_json()
    again = client.post("/me/code", headers=json).get_json()

    assert first["lives_s"] == 60
    assert first["picture"] != again["picture"]
    assert first["picture"].startswith("<svg")


def test_the_picture_holds_a_code_the_till_believes_and_no_name(served: Served) -> None:
    town = served.town
    client = served.resident()

    for purpose, key_class in (("dyn", "dyn"), ("earn", "earn")):
        page = client.post("/me/code", data={"purpose": purpose})
        digits = read_svg(page.get_data(as_text=True))
        with town.db.read() as tx:
            token = tokens.verify(
                tokens.read(digits),
                keys.public_keys(tx, HERE),
                now_s=town.at // 1_000_000,
                classes_allowed=frozenset({"dyn", "earn"}),
                issuer="CA01",
            )
        assert token.key_class == key_class
        assert len(digits) == 255
        assert not any(secret in digits for pair in NAMES.values() for secret in pair)


def test_looking_at_the_page_makes_no_code(served: Served) -> None:
    served.resident().get("/me/code")

    with served.town.db.read() as tx:
        assert tx.all(SEQUENCE, community_id=HERE) == []


def test_without_a_card_in_use_there_is_no_code(served: Served) -> None:
    client = served.resident()

    def lose(tx) -> None:
        for card in cards.cards_of(tx, HERE, 1):
            cards.set_state(tx, HERE, card.serial, "lost", by=SYSTEM, at=served.town.at)

    served.town.db.write(lose)
    refused = client.post("/me/code")

    assert refused.status_code == 409
    assert "请到社区办公室领卡" in text_of(refused)


def test_the_page_shows_nothing_of_anybody_else(served: Served) -> None:
    buy(served, person=2)

    html = served.resident(1).get("/me").get_data(as_text=True)

    assert not any(secret in html for pair in NAMES.values() for secret in pair)
    assert "抵扣的积分" not in html


def test_the_page_runs_in_an_old_browser_without_libraries(served: Served) -> None:
    html = served.resident().get("/me/code").get_data(as_text=True)
    script = "".join((STATIC / name).read_text() for name in ("me.js", "me_spare.js"))
    style = "".join((STATIC / name).read_text() for name in ("pages.css", "pages_parts.css"))
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)

    assert "vendor" not in html
    assert html.count("<script") == 1
    # Chromium 80 has none of these.
    assert not re.search(r"\?\?=|\|\|=|replaceAll|\.at\(|structuredClone|import\(", script)
    assert not re.search(r"[^-]gap:|:is\(|:where\(|inset:|aspect-ratio|:focus-visible|dvh", style)


def read_svg(html: str) -> str:
    """The digits in the code of a page, through a decoder: the SVG's modules drawn as pixels."""
    side = int(re.findall(r'viewBox="0 0 (\d+)', html)[0])
    path = re.findall(r'<path d="([^"]+)"', html)[0]
    image = Image.new("L", (side * 4, side * 4), 255)
    for x, y, width in re.findall(r"M(\d+),(\d+)h(\d+)v1", path):
        box = (int(x) * 4, int(y) * 4, (int(x) + int(width)) * 4, (int(y) + 1) * 4)
        image.paste(0, box)
    [found] = qr_codes(image)
    return str(found.text)
