"""Consent by version: written down in the office, agreed to on a resident's page or at the desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import consents
from ledger.members.residents import record_consent
from tests.kiosk.test_pages_office import post
from tests.support.homes import ONE
from tests.support.pages_town import Served, form_number, serve, text_of
from tests.support.town import HERE

FIRST = "一、积分只在本社区使用。\n二、消费记录只用来记积分。"


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Served:
    """Three residents who agreed on a form, before any text was written down."""
    return serve(Database(sqlite_url), tmp_path)


def write(served: Served, body: str) -> str:
    served.town.later(60)
    said = post(served, "admin", "/office/consents", "/office/consents", body=body)
    return text_of(served.member("admin").get(said.location))


def test_who_agreed_to_an_older_version_is_asked_and_agrees_to_the_one_they_read(
    served: Served,
) -> None:
    one = served.resident(1)
    assert "查看并同意" not in text_of(one.get("/me"))

    office = write(served, FIRST)

    assert "第 1 版" in office
    assert "有 3 位参加的居民同意的是旧版或旧表" in office
    assert "查看并同意" in text_of(one.get("/me"))
    page = text_of(one.get("/me/consent"))
    assert "消费记录只用来记积分" in page
    number = form_number(one.get("/me/consent"), "/me/consent")
    one.post("/me/consent", data={"request_id": number, "version": "1"})
    assert "查看并同意" not in text_of(one.get("/me"))
    assert "第 1 版" in text_of(one.get("/me/consent"))
    with served.town.db.read() as tx:
        given = consents.given_by(tx, HERE, 1)
        assert (given.version_no, given.how) == (1, "page") if given else None
        assert consents.behind(tx, HERE) == 2
    assert "有 1 位参加的居民最近同意的是这一版" in text_of(
        served.member("liu").get("/office/consents")
    )


def test_nobody_agrees_to_a_text_they_have_not_read(served: Served) -> None:
    write(served, FIRST)
    one = served.resident(1)
    number = form_number(one.get("/me/consent"), "/me/consent")
    write(served, FIRST + "\n三、可以随时退出。")

    refused = one.post("/me/consent", data={"request_id": number, "version": "1"})

    assert (refused.status_code, "请先看新的一版" in text_of(refused)) == (409, True)
    with served.town.db.read() as tx:
        assert consents.must_agree(tx, HERE, 1)


def test_the_desk_notes_a_signed_form_as_consent_to_the_version_of_now(served: Served) -> None:
    write(served, FIRST)
    page = "/office/residents/2"
    assert "第 0 版（现为第 1 版）" in text_of(served.member("wang").get(page))

    post(served, "wang", page, f"{page}/consent")

    assert "第 1 版（现为第 1 版）" in text_of(served.member("wang").get(page))
    with served.town.db.read() as tx:
        given = consents.given_by(tx, HERE, 2)
    assert given is not None
    assert (given.version_no, given.how) == (1, "desk")


def test_earlier_consents_stay_on_record(served: Served) -> None:
    town = served.town
    write(served, FIRST)
    town.db.write(lambda tx: record_consent(tx, HERE, 1, by=ONE, at=town.later(1)))
    write(served, "第二版")
    town.db.write(lambda tx: record_consent(tx, HERE, 1, by=ONE, at=town.later(1)))

    with town.db.read() as tx:
        known = [(text.version_no, people) for text, people in consents.versions(tx, HERE)]
    # What somebody agreed to last counts; two have not agreed to any written text.
    assert known == [(2, 1), (1, 0)]


@pytest.mark.parametrize("body", ["", "   ", "长" * (consents.LONGEST + 1)])
def test_a_text_nobody_can_read_is_refused(served: Served, body: str) -> None:
    town = served.town
    with pytest.raises(Refusal, match="consent_text"):
        town.db.write(lambda tx: consents.publish(tx, HERE, body, by=ONE, at=town.at))


def test_the_same_text_is_no_new_version_and_not_everybody_writes_one(served: Served) -> None:
    town = served.town
    write(served, FIRST)

    with pytest.raises(Refusal, match="consent_same"):
        town.db.write(lambda tx: consents.publish(tx, HERE, FIRST + "\n", by=ONE, at=town.at))
    assert "使其生效" not in text_of(served.member("wang").get("/office/consents"))
    assert served.member("wang").post("/office/consents", data={}).status_code == 403
