"""A shop's own page of tills: how they do, the page to set one up, the help beside it, a pad for a day on paper."""

from __future__ import annotations

import re
from dataclasses import replace

import pypdfium2  # type: ignore[import-untyped]
import pytest

from ledger import audit
from ledger.audit import SYSTEM
from ledger.ids import new_request_id
from ledger.members import terminals
from ledger.members.terminal_health import keep_health
from ledger.members.terminals import enrol, get_terminal
from ledger.sql import Sql, Tx
from ledger.tokens import read
from pos.paper import short_code
from tests.kiosk.test_pages_office import post
from tests.kiosk.test_pages_terminals import WELL
from tests.support.members import jwk_of, new_device
from tests.support.pages_town import Served, form_number, text_of
from tests.support.qr_reading import qr_codes
from tests.support.town import HERE

PAGE = "/merchant/tills"
_KEPT = Sql("SELECT response FROM request WHERE community_id = :community_id")


@pytest.fixture
def pads(served: Served) -> Served:
    """A pad of slips at each of the two shops."""

    def work(tx: Tx) -> None:
        for shop in (1, 2):
            terminals.open_terminal(
                tx, HERE, shop, code=f"M0{shop}P1", kind="paper", by=SYSTEM, at=served.town.at
            )

    served.town.db.write(work)
    served.town.desk.refresh(HERE)
    return served


def words_of(pdf: bytes) -> tuple[str, list[str], int]:
    """The words of the first page, every code on the pages, and how many pages there are."""
    document = pypdfium2.PdfDocument(pdf)
    pages = list(document)
    words = pages[0].get_textpage().get_text_bounded()
    codes = [
        code.text
        for page in pages
        for code in qr_codes(page.render(scale=200 / 72).to_pil().convert("L"))
    ]
    document.close()
    return words, codes, len(pages)


def test_an_owner_sees_their_own_tills_and_how_they_do(pads: Served) -> None:
    first, second = pads.town.tills[0], pads.town.tills[1]
    poor = replace(WELL, battery_percent=9, charging=False)
    pads.town.db.write(lambda tx: keep_health(tx, HERE, first.terminal_id, poor, at=pads.town.at))

    page = text_of(pads.owner("sun").get(PAGE))

    assert "M01P1" in page
    assert "电量低" in page
    with pads.town.db.read() as tx:
        other = get_terminal(tx, HERE, second.terminal_id).code
    assert other not in page
    assert "M02P1" not in page


def test_an_owner_prints_the_pad_and_the_office_reads_its_codes(pads: Served) -> None:
    answer = pads.owner("sun").get(f"{PAGE}/M01P1/slips.pdf?first=5&count=8")

    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    words, codes, many = words_of(answer.data)
    assert many == 3  # two pages of four slips, and the day's sheet
    assert short_code("M01P1", 5) in words
    assert len(set(codes)) == 8  # a half for the shop and one for the customer
    assert len(codes) == 16
    assert all(code.startswith("M01P1") for code in codes)


def test_the_set_up_page_makes_a_tablet_this_till_and_its_code_is_kept_nowhere(
    served: Served,
) -> None:
    till = served.town.tills[0]
    with served.town.db.read() as tx:
        code = get_terminal(tx, HERE, till.terminal_id).code
    client = served.owner("sun")
    form = {"request_id": form_number(client.get(PAGE), f"{PAGE}/{code}/slip")}

    answer = client.post(f"{PAGE}/{code}/slip", data=form)
    again = client.post(f"{PAGE}/{code}/slip", data=form)

    words, codes, many = words_of(answer.data)
    [address] = [text for text in codes if "#" in text]
    enrolment = address.split("#CA01-")[1]
    assert many == 1
    assert re.fullmatch(r"[0-9A-Z]{12}", enrolment)
    assert f"{enrolment[:4]}-{enrolment[4:8]}-{enrolment[8:]}" in words
    assert again.status_code == 303  # the same press prints no second code
    with served.town.db.read() as tx:
        kept = repr([tuple(row) for row in tx.all(_KEPT, community_id=HERE)])
        [*_, act] = audit.acts_on(tx, HERE, f"terminal:{till.terminal_id}")
    assert enrolment not in kept
    assert (act.act, act.actor_kind) == ("terminal.code", "merchant")
    device = new_device()
    made = served.town.db.write(
        lambda tx: enrol(tx, HERE, enrolment, jwk_of(device), at=served.town.at)
    )
    assert made.terminal_id == till.terminal_id


def test_the_help_page_has_the_test_card_and_no_code_that_sets_anything_up(served: Served) -> None:
    with served.town.db.read() as tx:
        code = get_terminal(tx, HERE, served.town.tills[0].terminal_id).code

    answer = served.owner("sun").get(f"{PAGE}/{code}/help.pdf")

    words, codes, many = words_of(answer.data)
    assert many == 1
    assert "每天怎么用" in words
    assert "登记码" not in words
    [card] = [text for text in codes if re.fullmatch(r"[0-9]{255}", text)]
    assert read(card).claims.serial == 0
    assert not [text for text in codes if "#" in text]


@pytest.mark.parametrize("path", ["M02P1/slips.pdf", "M09P9/slips.pdf", "M02P1/help.pdf"])
def test_another_shops_papers_are_not_there(pads: Served, path: str) -> None:
    answer = pads.owner("sun").get(f"{PAGE}/{path}")

    assert answer.status_code == 404
    assert b"%PDF" not in answer.data


def test_nobody_else_prints_them(pads: Served) -> None:
    for client in (pads.visitor(), pads.resident(), pads.member("liu")):
        for path in ("", "/M01P1/slips.pdf"):
            assert client.get(PAGE + path).status_code in {302, 303, 401, 403}


def test_a_till_out_of_service_is_set_up_by_the_office_alone(served: Served) -> None:
    till = served.town.tills[0]
    with served.town.db.read() as tx:
        code = get_terminal(tx, HERE, till.terminal_id).code
    post(served, "liu", "/office/terminals", f"/office/terminals/{till.terminal_id}/revoke")
    client = served.owner("sun")

    assert code not in text_of(client.get(PAGE))
    form = {"request_id": new_request_id(served.town.at)}
    assert client.post(f"{PAGE}/{code}/slip", data=form).status_code in {400, 403, 404}
