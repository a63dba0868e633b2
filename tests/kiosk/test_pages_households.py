"""Households at the office, and the shared pool on each member's own page."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger.audit import By
from ledger.database import Database
from ledger.households.limits import set_limit
from ledger.members.households import find_by_code
from ledger.members.residents import identity_of
from ledger.sql import Sql
from pos.checkout import check_out
from tests.kiosk.test_pages_deductions import decide
from tests.kiosk.test_pages_office import post
from tests.support.granting import grant_to
from tests.support.homes import home, units
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.town import HERE


@pytest.fixture
def family(sqlite_url: str, tmp_path: Path) -> Served:
    """Residents 1 and 2 share a pool; 1 is the head."""
    served = serve(Database(sqlite_url), tmp_path)
    town = served.town
    pool = home(town, "5-1-1", 1, 2)
    grant_to(town, 1, pool, 30_000)
    grant_to(town, 2, pool, 10_000)
    return served


def pool_of(served: Served) -> int:
    with served.town.db.read() as tx:
        found = find_by_code(tx, HERE, "5-1-1")
    assert found is not None
    return found.household_id


FIELDS = {
    "act": "leave",
    "person": "2",
    "rule": "own",
    "to_code": "5-1-9",
    "building": "5",
    "unit": "1",
    "reason": "结婚另住",
}


def test_an_act_is_previewed_proposed_agreed_to_and_carried_out(family: Served) -> None:
    pool = pool_of(family)
    form, action = "/office/households?code=5-1-1", f"/office/households/{pool}/act"

    seen = text_of(post(family, "liu", form, action, **FIELDS))
    assert "转移 100.00 分" in seen
    assert units(family.town, pool) == 40_000
    said = post(family, "liu", form, action, **FIELDS, agreed="1")
    assert "已提出" in text_of(family.member("liu").get(said.location))
    assert "5-1-1 → 5-1-9" in text_of(family.member("committee").get("/office/approvals"))
    decide(family, "committee")

    assert units(family.town, pool) == 30_000
    page = text_of(family.member("liu").get("/office/households?code=5-1-9"))
    assert "100.00 分" in page


def test_each_member_sees_their_own_lines_and_the_head_the_sums(family: Served) -> None:
    town = family.town
    check_out(town.desk, town.sale(1, 10_000, 4_000), at=town.at)
    ref = check_out(town.desk, town.sale(2, 10_000, 2_000), at=town.later(60))["ref"]

    head, other = (text_of(family.resident(person).get("/me")) for person in (1, 2))

    assert ref in other
    assert ref not in head
    assert "用 20.00 分" in head
    assert "全户每月合计" not in other


def test_a_member_sees_the_limit(family: Served) -> None:
    town, pool = family.town, pool_of(family)
    town.db.write(
        lambda tx: set_limit(
            tx, HERE, pool, 2, 5_000, month=202_602, by=By("resident", 1), at=town.at
        )
    )

    assert "每月额度是 50.00 分" in text_of(family.resident(2).get("/me"))


def test_a_limit_and_a_death_are_written_down_at_the_office(family: Served) -> None:
    pool = pool_of(family)
    form = "/office/households?code=5-1-1"
    post(family, "liu", form, f"/office/households/{pool}/limit", person="2", points="50")
    post(
        family,
        "liu",
        form,
        f"/office/households/{pool}/death",
        person="1",
        died_on="2026-03-01",
        evidence="死亡证明 12",
    )

    page = text_of(family.member("liu").get(form))
    assert "已不参加" in page
    assert "2027-03-01" in page


def test_households_are_listed_found_and_paged_with_masked_names(family: Served) -> None:
    town = family.town
    for n in range(10, 45):
        home(town, f"8-1-{n}")
    liu = family.member("liu")

    first = liu.get("/office/households").get_data(as_text=True)
    found = text_of(liu.get("/office/households?q=5-1-"))
    after = liu.get("/office/households?q=8-1&after=8-1-39").get_data(as_text=True)

    assert "after=8-1" in first
    assert "5-1-1" in found
    assert "8-1-10" not in found
    assert ("8-1-40" in after, "8-1-39<" in after) == (True, False)
    assert "没有这样开头的户" in text_of(liu.get("/office/households?q=X"))
    assert 'href="/office/households?code=5-1-1"' in liu.get("/office/households?q=5-1").get_data(
        as_text=True
    )
    with town.db.read() as tx:
        name = identity_of(tx, HERE, 1).name
    assert not name or name not in found


def test_the_head_limits_a_member_on_their_own_page(family: Served) -> None:
    head, other = family.resident(1), family.resident(2)
    assert "给家人定额度" in text_of(head.get("/me"))
    assert "给家人定额度" not in text_of(other.get("/me"))
    page, action = "/me/household", "/me/household/limit"

    def sent(client: FlaskClient, **fields: str) -> TestResponse:
        family.town.later(60)
        form = form_number(head.get(page), action)
        return client.post(action, data={"request_id": form, **fields})

    said = sent(head, person="2", points="50")

    assert "已记下" in text_of(head.get(said.location))
    assert "2026-04 起每月最多用 50.00 分" in text_of(head.get(page))
    assert "2026-04：50.00" in text_of(other.get("/me"))
    assert "金额" in text_of(sent(head, person="2", points="many"))
    assert sent(head, person="3", points="5").status_code == 409
    refused = sent(other, person="1", points="0")
    assert (refused.status_code, "由户主" in text_of(refused)) == (403, True)
    assert other.get(page).status_code == 403
    sent(head, person="2", lift="1")
    assert "每月最多用" not in text_of(head.get(page)).replace("每位家人每月最多用多少", "")
    assert family.visitor().get(page).status_code != 200
    english = text_of(head.get(f"{page}?lang=en"))
    assert "As head you say how many points" in english


def test_a_form_sent_twice_sets_one_limit(family: Served) -> None:
    head = family.resident(1)
    form = form_number(head.get("/me/household"), "/me/household/limit")
    for _ in range(2):
        head.post("/me/household/limit", data={"request_id": form, "person": "2", "points": "70"})

    with family.town.db.read() as tx:
        rows = tx.all(Sql("SELECT units FROM member_limit WHERE community_id = :here"), here=HERE)
    assert [row.units for row in rows] == [7_000]
