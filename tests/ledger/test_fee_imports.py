"""A biller's list is looked at first: every bad cell is named, and nothing of a bad list is taken."""

import io

import pytest
import xlsxwriter

from ledger.audit import SYSTEM
from ledger.bills.facts import bills_of_household, versions_of
from ledger.bills.imports import FeeUpload, preview_bills, take_bills
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members.files import get_file
from tests.support.fees import HEADINGS, WORDS, bills_csv, build_fee_town, take_list
from tests.support.town import HERE, Town


def preview(town: Town, raw: bytes):
    terms = town.desk.refresh(HERE)
    with town.db.read() as tx:
        return preview_bills(tx, terms, FeeUpload(raw, "bills.csv", WORDS), at=town.at)


def test_every_bad_cell_is_named_and_nothing_taken(db: Database) -> None:
    town = build_fee_town(db)
    lines = (
        "M02,B1,H00001,property_fee,2026-03,300.00,2026-03-31",
        "M01,B2,H00001,property_fee,2026-03,300.00,2026-03-31",
        "M02,B 3,H00001,property_fee,2026-13,300.005,2026-02-30",
        "M02,B4,H09999,parking,2026Q1,300,2026-03-31",
        "M02,B5,H00002,refuse_fee,2026,0.00,2026-03-31",
        "M02,B1,H00002,refuse_fee,2026,10.00,2026-03-31",
    )
    raw = "\r\n".join([HEADINGS, *lines]).encode()

    seen = preview(town, raw)

    assert [(f.row, f.column, f.code) for f in seen.faults] == [
        (3, "merchant_code", "import_biller"),
        (4, "amount_yuan", "import_number"),
        (4, "bill_no", "import_form"),
        (4, "due_on", "import_day"),
        (4, "period", "import_form"),
        (5, "fee_kind", "import_word"),
        (6, "amount_yuan", "import_cancels"),
        (7, "bill_no", "import_twice"),
    ]
    terms = town.desk.refresh(HERE)
    upload = FeeUpload(raw, "bills.csv", WORDS)
    with pytest.raises(Refusal) as said:
        db.write(lambda tx: take_bills(tx, terms, upload, by=SYSTEM, at=town.at))
    assert (said.value.code, said.value.facts["count"]) == ("import_rows_wrong", 5)
    with db.read() as tx:
        assert bills_of_household(tx, HERE, 1) == []


def test_the_same_file_twice_is_answered_from_the_first_time(db: Database) -> None:
    town = build_fee_town(db)
    first = take_list(town, ("B1", 1, "300.00"), ("B2", 2, "60.00"))
    assert (first["new"], first["changed"], first["unchanged"]) == (2, 0, 0)
    corrected = take_list(town, ("B1", 1, "280.00"))
    assert (corrected["new"], corrected["changed"]) == (0, 1)

    # The older file once more: it is known, and does not bring the old amount back.
    assert take_list(town, ("B1", 1, "300.00"), ("B2", 2, "60.00")) == first

    with db.read() as tx:
        bill = bills_of_household(tx, HERE, 1)[0]
        assert (bill.amount_fen, bill.version) == (28_000, 2)
        said = versions_of(tx, HERE, bill.bill_id)
        assert [(v.version, v.amount_fen) for v in said] == [(1, 30_000), (2, 28_000)]
        kept = get_file(tx, HERE, said[0].file_sha256)
        assert kept.body == bills_csv([("B1", 1, "300.00"), ("B2", 2, "60.00")])


def test_a_file_changed_after_it_was_looked_at_is_refused(db: Database) -> None:
    town = build_fee_town(db)
    seen = preview(town, bills_csv([("B1", 1, "300.00")]))
    terms, other = town.desk.refresh(HERE), bills_csv([("B1", 1, "900.00")])

    with pytest.raises(Refusal) as said:
        db.write(
            lambda tx: take_bills(
                tx,
                terms,
                FeeUpload(other, "bills.csv", WORDS),
                by=SYSTEM,
                at=town.at,
                seen_sha256=seen.sha256,
            )
        )

    assert said.value.code == "import_file_changed"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("M02,B1,H00002,property_fee,2026-03,300.00,2026-03-31", "import_other_household"),
        ("M02,B1,H00001,refuse_fee,2026-03,300.00,2026-03-31", "import_other_fee"),
    ],
)
def test_a_bill_stays_its_households_and_its_fees(db: Database, line: str, code: str) -> None:
    town = build_fee_town(db)
    take_list(town, ("B1", 1, "300.00"))

    seen = preview(town, f"{HEADINGS}\r\n{line}\r\n".encode())

    assert [fault.code for fault in seen.faults] == [code]


def test_an_excel_file_says_the_same(db: Database) -> None:
    town = build_fee_town(db)
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, HEADINGS.split(","))
    page.write_row(1, 0, ["M02", "00012", "H00001", "property_fee", "2026-03", 300, "2026-03-31"])
    book.close()
    terms = town.desk.refresh(HERE)
    upload = FeeUpload(out.getvalue(), "bills.xlsx", WORDS)

    db.write(lambda tx: take_bills(tx, terms, upload, by=SYSTEM, at=town.at))

    with db.read() as tx:
        bill = bills_of_household(tx, HERE, 1)[0]
    assert (bill.bill_no, bill.amount_fen) == ("00012", 30_000)
