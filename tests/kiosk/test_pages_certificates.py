"""Certificates in the office: printed for a named resident, on paper alone; cancelled; taken over the hotline."""

from __future__ import annotations

import re
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest

from ledger import audit
from ledger.book.balances import wallet_of
from ledger.certificates.facts import newest
from ledger.certificates.rules import number_text
from ledger.members import keys
from ledger.members.communities import raise_config_version
from ledger.sql import Row, Sql
from ledger.token_keys import KeyClass
from tests.kiosk.test_pages_office import post
from tests.support.pages_town import NAMES, Served, form_number, text_of
from tests.support.qr_reading import qr_codes
from tests.support.town import CIVIC, HERE

RESIDENT = "/office/residents/1"
PLACE = "/office/certificates"
_EVERYTHING = Sql("SELECT kind, response FROM request WHERE community_id = :community_id")
_GRAIN = Sql(
    "UPDATE merchant SET category = '粮油店' WHERE community_id = :community_id AND merchant_id = 1"
)


@pytest.fixture
def desk(served: Served) -> Served:
    """The served town with a grain shop and keys for certificates."""

    def work(tx) -> None:
        tx.run(_GRAIN, community_id=HERE)
        raise_config_version(tx, HERE)
        keys.make_key(tx, served.town.vault, HERE, KeyClass.CRT, at=served.town.at, by=0)

    served.town.db.write(work)
    return served


def print_one(desk: Served, points: str = "400", kind: str = "粮油店") -> Row:
    post(desk, "wang", RESIDENT, f"{RESIDENT}/certificate", points=points, kind=kind)
    with desk.town.db.read() as tx:
        return newest(tx, HERE)[0]


def wallet(desk: Served) -> tuple[int, int]:
    with desk.town.db.read() as tx:
        found = wallet_of(tx, HERE, 1, CIVIC)
    return found.posted, found.held


def test_a_certificate_is_printed_with_name_kind_points_and_a_code_that_says_none_of_it(
    desk: Served,
) -> None:
    row = print_one(desk)
    assert wallet(desk) == (80_000, 40_000)

    pdf = desk.member("wang").get(f"{PLACE}/{row.certificate_id}.pdf").data

    document = pypdfium2.PdfDocument(pdf)
    [page] = document
    words = page.get_textpage().get_text_bounded()
    [code] = qr_codes(page.render(scale=200 / 72).to_pil().convert("L"))
    document.close()
    for said in ("陈桂兰", "粮油店", "400.00 分 = 20.00 元", number_text(int(row.serial))):
        assert said in words
    assert re.fullmatch(r"71[0-9]{253}", code.text)
    # The code names a serial; everything else is known to the book alone.
    assert not any(secret in code.text for pair in NAMES.values() for secret in pair)


def test_its_number_stands_on_the_paper_and_in_no_page_record_or_kept_request(desk: Served) -> None:
    row = print_one(desk)
    digits = number_text(int(row.serial))
    client = desk.member("wang")
    client.get(f"{PLACE}/{row.certificate_id}.pdf")

    pages = [client.get(path).get_data(as_text=True) for path in (RESIDENT, PLACE)]
    with desk.town.db.read() as tx:
        kept = repr([tuple(one) for one in tx.all(_EVERYTHING, community_id=HERE)])
        acts = audit.acts_on(tx, HERE, f"certificate:{row.certificate_id}")
    assert [one.act for one in acts] == ["certificate.print", "certificate.paper"]
    for place in (*pages, kept, repr(acts)):
        assert digits not in place
        assert digits.replace("-", "") not in place


def test_the_desk_cancels_and_the_points_are_free(desk: Served) -> None:
    row = print_one(desk)

    post(desk, "wang", PLACE, f"{PLACE}/{row.certificate_id}/cancel")

    assert wallet(desk) == (80_000, 0)
    gone = desk.member("wang").get(f"{PLACE}/{row.certificate_id}.pdf")
    assert "已在 2026-03-02 由社区作废" in text_of(gone)


def test_a_shop_without_a_till_reads_it_to_the_hotline(desk: Served) -> None:
    row = print_one(desk, "100")
    client = desk.member("liu")
    form: dict[str, Any] = {
        "request_id": form_number(client.get(PLACE), f"{PLACE}/hotline"),
        "number": number_text(int(row.serial)).replace("-", " "),
        "merchant": "1",
        "total": "100.00",
        "points": "60",
        "channel": "cash",
    }

    said = text_of(client.post(f"{PLACE}/hotline", data=form))

    assert re.search(r"HL01-260302-00001-[0-9A-Z]", said)
    assert "97.00" in said
    assert wallet(desk) == (74_000, 0)
    # The same form again books nothing more.
    client.post(f"{PLACE}/hotline", data=form)
    assert wallet(desk) == (74_000, 0)


def test_who_may_not_hand_out_cards_may_not_print(desk: Served) -> None:
    row = print_one(desk)

    for path in (PLACE, f"{PLACE}/{row.certificate_id}.pdf"):
        assert desk.member("zhou").get(path).status_code == 403
