"""The seal on pages: a resident's entry, a shop's statement, the check page, the office's alarms."""

from __future__ import annotations

import csv
import io
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from kiosk.pages import month_text
from kiosk.qr_image import PROOF, draw_png
from ledger.audit import SYSTEM
from ledger.database import Database
from ledger.members import staff
from ledger.members.hashing import QUICK
from ledger.members.staff import NewStaff
from ledger.seal import keys
from ledger.seal.alarms import alarms
from ledger.sql import Sql
from settlement.statements import statements_of_month
from tests.support.code_reader import read_code
from tests.support.http import Visitor
from tests.support.qr_reading import qr_codes
from tests.support.sealed_town import SealedTown, begin
from tests.support.town import HERE

_TXN = Sql("SELECT txn_id FROM txn WHERE community_id = :community_id AND ref = :ref")


@pytest.fixture
def sealed(sqlite_url: str, tmp_path: Path) -> Iterator[SealedTown]:
    """A town with people in it and nothing sealed yet."""
    db = Database(sqlite_url)
    yield begin(db, tmp_path)
    db.close()


def resident(sealed: SealedTown, person: int = 1) -> Visitor:
    return Visitor(sealed.server, "resident", HERE, person)


def member(sealed: SealedTown, role: str, **more: Any) -> Visitor:
    login, password = role.replace("_", "-"), "a sentence of four words"
    new = NewStaff(login=login, name="somebody", password=password, **more)

    def work(tx: Any) -> int:
        made = staff.add_staff(
            tx, HERE, new, pepper=sealed.server.pepper, by=SYSTEM, at=sealed.town.at, cost=QUICK
        )
        if not more:
            staff.give_role(tx, HERE, made, role, by=SYSTEM, at=sealed.town.at)
        return int(made)

    kind = "merchant" if more else "staff"
    return Visitor(sealed.server, kind, HERE, sealed.town.db.write(work))


def entry_of(sealed: SealedTown, ref: str) -> str:
    with sealed.town.db.read() as tx:
        return f"/me/entries/{tx.get(_TXN, community_id=HERE, ref=ref).txn_id}"


def vkey(sealed: SealedTown) -> str:
    with sealed.town.db.read() as tx:
        return keys.verifiers(tx, HERE)[0].text


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.get_data(as_text=True))


def code_on(page: str) -> str:
    found = re.search(r'href="/CHECK/(JP1\.[A-Z2-7]+)"', page)
    assert found is not None
    return found[1]


# --- a resident's entry


def test_an_entry_says_how_far_the_seal_has_come_and_when_to_come_back(sealed: SealedTown) -> None:
    sealed.sign()
    sold = sealed.sell(1, 5_000, 20_000)
    path = entry_of(sealed, sold["ref"])

    fresh = text_of(resident(sealed).call("GET", path))
    sealed.sign()
    later = text_of(resident(sealed).call("GET", path))
    sealed.close(202603)
    sealed.put_up(202603)
    last = text_of(resident(sealed).call("GET", path))

    assert "还没有封存" in fresh
    assert "过一会儿再打开" in fresh
    assert "2026-03 的公示在 2026-04 月初贴出" in later
    assert "已包含在 2026-04-05 公示的 2026-03 总码里" in last
    codes = [read_code(code_on(page), vkey(sealed)) for page in (fresh, later, last)]
    assert [code.signed for code in codes] == [True, True, True]
    assert len({code.leaf for code in codes}) == 1
    assert codes[2].facts["ref"] == sold["ref"]


def test_an_entry_that_is_no_receipt_has_a_code_of_its_own(sealed: SealedTown) -> None:
    sealed.sign()
    with sealed.town.db.read() as tx:
        rows = tx.all(
            Sql(
                "SELECT txn_id FROM txn WHERE community_id = :community_id AND kind = 'grant'"
                " AND wallet_owner_id = 2"
            ),
            community_id=HERE,
        )
    page = text_of(resident(sealed, 2).call("GET", f"/me/entries/{rows[0].txn_id}"))
    code = read_code(code_on(page), vkey(sealed))
    assert code.facts == {"kind": "entry", "day": "20260302", "change_units": "200000"}
    assert code.signed


def test_nobody_sees_somebody_elses_entry(sealed: SealedTown) -> None:
    sealed.sign()
    path = entry_of(sealed, sealed.sell(1)["ref"])
    assert resident(sealed, 2).call("GET", path).status_code == 404
    assert resident(sealed, 1).call("GET", "/me/entries/12345").status_code == 404
    assert sealed.server.call("GET", path).status_code == 303


def test_before_the_log_has_a_key_the_page_says_so_and_shows_no_code(sealed: SealedTown) -> None:
    page = text_of(resident(sealed).call("GET", entry_of(sealed, sealed.sell(1)["ref"])))
    assert "还没有封存" in page
    assert "JP1." not in page


# --- a shop's statement


def test_the_statement_carries_its_code_on_the_page_and_in_every_file(sealed: SealedTown) -> None:
    sealed.sign()
    sealed.sell(1, 5_000, 20_000)
    sealed.close(202603)
    sealed.put_up(202603)
    with sealed.town.db.read() as tx:
        (found,) = statements_of_month(tx, HERE, 202603)
    owner = member(sealed, "owner", merchant_id=1)
    base = f"/merchant/statements/{found.statement_id}"

    page = text_of(owner.call("GET", base))
    table = owner.call("GET", f"{base}/csv").get_data().decode("utf-8-sig")
    document = json.loads(owner.call("GET", f"{base}/json").get_data())
    pdf = pypdfium2.PdfDocument(owner.call("GET", f"{base}/pdf").get_data())
    pictures = [pdf[n].render(scale=3).to_pil() for n in range(len(pdf))]
    seen = [code.text for picture in pictures for code in qr_codes(picture)]

    (code_text,) = seen
    code = read_code(code_text, vkey(sealed))
    assert code.signed
    assert code.facts == {
        "kind": "statement",
        "number": "M01-0001",
        "month": "202603",
        "payable_fen": str(found.payable_fen),
        "digest": found.digest[:16],
    }
    assert document["proof"]["text"] == code_text
    assert [code_text] in list(csv.reader(io.StringIO(table)))
    assert "对账单凭证码" in page
    assert "已包含在 2026-03 公示的总码里" in page


def test_the_code_of_a_long_log_fits_a_strip_of_80_mm() -> None:
    text = "HTTPS://POINTS.COMMUNITY.EXAMPLE:8443/CHECK/JP1." + "A2B4C6D7" * 180
    png = Image.open(io.BytesIO(draw_png(text, PROOF, dots=4)))
    assert png.width * 25.4 / 203 < 61  # four dots a module on a receipt printer's head of 203 dpi
    (seen,) = qr_codes(png)
    assert seen.text == text


# --- the check page


def facts_on(page: str) -> dict[str, Any]:
    found = re.search(r'id="facts">(.*?)</script>', page)
    assert found is not None
    return dict(json.loads(found[1]))


def test_the_check_page_carries_everything_it_needs(sealed: SealedTown) -> None:
    sealed.sign()
    sealed.close(202603)
    board = sealed.put_up(202603)
    answer = sealed.server.call("GET", "/CHECK?c=CA01")
    facts = facts_on(text_of(answer))
    assert (facts["issuer"], facts["language"]) == ("CA01", "zh")
    assert facts["offer"]["published"][0]["checkpoint"] == board.note
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]


def test_the_page_of_a_code_is_that_of_its_community(sealed: SealedTown) -> None:
    sealed.sign()
    sold = sealed.sell(1)
    code = code_on(text_of(resident(sealed).call("GET", entry_of(sealed, sold["ref"]))))
    assert facts_on(text_of(sealed.server.call("GET", f"/CHECK/{code}")))["issuer"] == "CA01"
    for odd in ("JP1.AAAA", "JP1.1", "JP1.", "JC1.AFBUQQJQAAAA", "rubbish</script>", "%00"):
        answer = sealed.server.call("GET", f"/CHECK/{odd}")
        assert answer.status_code == 200
        assert facts_on(answer.get_data(as_text=True))["issuer"] in {"", "CA01"}


def test_a_typed_address_leads_there(sealed: SealedTown) -> None:
    answer = sealed.server.call("GET", "/check?c=CA01")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/CHECK?c=CA01")


# --- the office


def raise_alarm(sealed: SealedTown) -> int:
    note = sealed.sign().note
    body = {
        "request_id": str(uuid.uuid4()),
        "why": "forked",
        "kept": note,
        "offered": "another story\n",
        "path": [],
        "seen_at": "2026-03-02T09:30:00+08:00",
    }
    return int(sealed.till.call("POST", "/api/v1/log/alarms", body).get_json()["alarm_id"])


def test_an_alarm_stands_on_the_offices_first_page_until_it_is_answered(sealed: SealedTown) -> None:
    alarm_id = raise_alarm(sealed)
    secretary = member(sealed, "secretary")
    assert "收款机遇到对不上的总码" in text_of(secretary.call("GET", "/office/today"))
    page = text_of(secretary.call("GET", "/office/seal"))
    for wanted in ("M01T1", "another story", "账里有内容被改动或拿掉", "待处理"):
        assert wanted in page

    form = {"request_id": str(uuid.uuid4()), "answer": "街道核对过，是演练"}
    answered = secretary.call("POST", f"/office/seal/alarms/{alarm_id}", form)

    assert answered.status_code == 303
    assert "收款机遇到对不上的总码" not in text_of(secretary.call("GET", "/office/today"))
    assert "街道核对过，是演练" in text_of(secretary.call("GET", "/office/seal"))
    with sealed.town.db.read() as tx:
        (kept,) = alarms(tx, HERE)
    assert kept.offered_note == "another story\n"


def test_an_alarm_is_answered_once_in_words_and_by_who_may(sealed: SealedTown) -> None:
    alarm_id = raise_alarm(sealed)
    path = f"/office/seal/alarms/{alarm_id}"
    secretary, auditor = member(sealed, "secretary"), member(sealed, "auditor")

    def press(who: Visitor, words: str, to: str = path) -> Any:
        return who.call("POST", to, {"request_id": str(uuid.uuid4()), "answer": words})

    assert press(member(sealed, "grid_worker"), "x").status_code == 403
    assert press(secretary, "  ").status_code == 422
    assert press(secretary, "x", "/office/seal/alarms/7").status_code == 404
    assert press(auditor, "checked").status_code == 303
    assert press(secretary, "again").status_code == 409


def test_the_office_sees_what_went_up_and_how_far_it_is_signed(sealed: SealedTown) -> None:
    auditor = member(sealed, "auditor")
    assert "还没有签名" in text_of(auditor.call("GET", "/office/seal"))
    sealed.close(202603)
    board = sealed.put_up(202603)
    again = Visitor(sealed.server, "staff", HERE, auditor.actor_id)  # a month later
    page = text_of(again.call("GET", "/office/seal"))
    for wanted in (f"/board/CA01/{month_text(202603)}", f"{board.size:,}", "2026-04-05"):
        assert wanted in page


def test_a_stranger_cannot_answer(sealed: SealedTown) -> None:
    alarm_id = raise_alarm(sealed)
    answer = sealed.server.call("POST", f"/office/seal/alarms/{alarm_id}", data={"answer": "x"})
    assert answer.status_code in {401, 403}
