"""Mandates and extra openings: written down in the office, seen and ended by the resident, minded at the counter."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import settings
from ledger.sql import Sql
from pos.desk import day_of
from pos.mandates import Mandate, give_mandate, mandates_of
from pos.opening import hours_at
from pos.proxies import Collected, Proxy, proxy_facts, proxy_steps
from tests.kiosk.test_pages_office import post
from tests.support.homes import ONE
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.town import HERE

PAGE = "/office/residents/1/mandates"
FIELDS = {
    "name": "李航",
    "relation": "child",
    "until": "2026-12-31",
    "paper": "授权书 3，刘主任见证",
}


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Served:
    """Residents 1 to 3; the clock stands on 2 March 2026."""
    return serve(Database(sqlite_url), tmp_path)


def collects(served: Served, name: str = "李航", relation: str = "child") -> dict[str, int | str]:
    """What the counter does when somebody collects for resident 1; gives what the slip says."""
    town = served.town
    terms = town.desk.refresh(HERE)
    asked = Collected(HERE, "redemption-1", "M01T1-1", 1)
    with town.db.read() as tx:
        proxy_steps(tx, terms, asked, Proxy(relation, name), at=town.at)
        return proxy_facts(tx, HERE, 1, Proxy(relation, name))


def test_a_mandate_is_written_down_told_and_stands_on_the_slip(served: Served) -> None:
    card = served.card_numbers[2]
    said = post(served, "wang", PAGE, PAGE, **FIELDS, card=card, may_see="1")

    office = text_of(served.member("wang").get(said.location))
    assert "凭授权书，至 2026-12-31" in office
    assert "李*" in office
    assert "李航" not in office
    elder, son = served.resident(1), served.resident(2)
    assert "授权书已登记" in text_of(elder.get("/me"))
    assert "李航" in text_of(elder.get("/me/mandates"))
    assert "陈*兰" in text_of(son.get("/me/mandates"))
    assert "800.00 分" in text_of(son.get("/me/mandates"))
    assert collects(served) == {"proxy_relation": "child", "proxy_until": 20_261_231}


def test_the_resident_ends_it_and_the_counter_refuses_from_then_on(served: Served) -> None:
    post(served, "wang", PAGE, PAGE, **FIELDS)
    elder = served.resident(1)

    said = end(elder, elder)

    assert "已结束" in text_of(elder.get(said.location))
    for relation in ("child", "neighbour"):
        with pytest.raises(Refusal, match="proxy_ended"):
            collects(served, relation=relation)
    # A new mandate on paper lets them again.
    post(served, "wang", PAGE, PAGE, **FIELDS)
    assert collects(served)["proxy_until"] == 20_261_231


def end(looks: FlaskClient, sends: FlaskClient, slot: int = 1) -> TestResponse:
    action = f"/me/mandates/{slot}/end"
    number = form_number(looks.get("/me/mandates"), action)
    return sends.post(action, data={"request_id": number})


def test_nobody_ends_a_mandate_of_somebody_else(served: Served) -> None:
    post(served, "wang", PAGE, PAGE, **FIELDS)

    refused = end(served.resident(1), served.resident(2))

    assert refused.status_code == 404
    assert collects(served)


def test_the_office_ends_it_for_who_has_no_phone(served: Served) -> None:
    post(served, "wang", PAGE, PAGE, **FIELDS)
    post(served, "wang", PAGE, f"{PAGE}/1/end")

    with pytest.raises(Refusal, match="proxy_ended"):
        collects(served)
    assert served.member("zhao").get(PAGE).status_code == 403


def test_after_its_last_day_a_mandate_is_over(served: Served) -> None:
    post(served, "wang", PAGE, PAGE, **{**FIELDS, "until": "2026-03-02"})
    assert collects(served)["proxy_until"] == 20_260_302

    served.town.later(86_400)

    with pytest.raises(Refusal, match="proxy_over"):
        collects(served)
    # What is over makes room for another.
    for name in ("李航", "王姨"):
        post(served, "wang", PAGE, PAGE, **{**FIELDS, "name": name})
    with served.town.db.read() as tx:
        assert len(mandates_of(tx, HERE, 1)) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"until": "2026-03-01"}, "三年以内"),
        ({"until": "2030-01-01"}, "三年以内"),
        ({"relation": "stranger"}, "关系"),
        ({"card": "000004-X"}, "卡号"),
    ],
)
def test_a_paper_that_cannot_be_is_refused(
    served: Served, change: dict[str, str], said: str
) -> None:
    refused = post(served, "wang", PAGE, PAGE, **{**FIELDS, **change})

    assert refused.status_code in {404, 422}
    assert said in text_of(refused)
    with served.town.db.read() as tx:
        assert mandates_of(tx, HERE, 1) == []


def test_nobody_holds_a_mandate_for_themselves(served: Served) -> None:
    town = served.town
    asked = Mandate(
        relation="child", name="陈桂兰", until_date=20_261_231, paper="x", acts_person_id=1
    )

    with pytest.raises(Refusal, match="mandate_oneself"):
        town.db.write(
            lambda tx: give_mandate(tx, town.desk.refresh(HERE), 1, asked, by=ONE, at=town.at)
        )


def test_a_community_may_want_a_mandate_of_everybody(served: Served) -> None:
    assert collects(served, "王姨", "neighbour") == {"proxy_relation": "neighbour"}
    town = served.town
    town.db.write(
        lambda tx: settings.change(
            tx, HERE, {"proxy_needs_mandate": 1}, by=ONE, why="委员会决定", at=town.later(60)
        )
    )

    with pytest.raises(Refusal, match="proxy_needs_mandate"):
        collects(served, "王姨", "neighbour")


def test_no_name_of_a_proxy_stands_in_the_record_or_in_what_was_told(served: Served) -> None:
    post(served, "wang", PAGE, PAGE, **FIELDS)
    end(served.resident(1), served.resident(1))

    with served.town.db.read() as tx:
        for table, column in (
            ("audit", "after"),
            ("counter_notice", "facts"),
            ("request", "response"),
        ):
            rows = tx.all(
                Sql(f"SELECT {column} AS said FROM {table} WHERE community_id = :here"), here=HERE
            )
            assert "李航" not in "".join(str(row.said) for row in rows)


# --- extra openings


OPENING = {"day": "2026-03-03", "from": "14:00", "to": "17:00", "why": "妇女节前加开"}


def test_an_extra_opening_is_set_on_a_page_and_taken_back(served: Served) -> None:
    town, page = served.town, "/office/openings"
    post(served, "zhao", page, page, **OPENING)

    seen = text_of(served.member("zhao").get(page))
    assert "2026-03-03 14:00 – 2026-03-03 17:00" in seen
    assert "妇女节前加开" in seen
    terms = town.desk.refresh(HERE)
    assert day_of(terms, town.at) == 20_260_302
    with town.db.read() as tx:
        number = tx.get(
            Sql("SELECT max(opening_id) AS n FROM counter_opening WHERE community_id = :here"),
            here=HERE,
        ).n
    post(served, "zhao", page, f"{page}/{number}/off")
    assert "妇女节前加开" not in text_of(served.member("zhao").get(page))
    town.later(30 * 3_600)
    with town.db.read() as tx:
        found = hours_at(tx, terms, 1, town.at)
    assert found.open_now is None or found.open_now.name != "妇女节前加开"


@pytest.mark.parametrize(
    ("change", "code"),
    [({"to": "13:00"}, 422), ({"day": "2026-03-01"}, 422), ({"from": "soon"}, 422)],
)
def test_times_that_cannot_be_are_refused(
    served: Served, change: dict[str, str], code: int
) -> None:
    page = "/office/openings"

    refused = post(served, "zhao", page, page, **{**OPENING, **change})

    assert refused.status_code == code
    assert "妇女节前加开 " not in text_of(served.member("zhao").get(page))
    assert served.member("he").get(page).status_code == 200
