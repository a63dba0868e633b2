"""`jifen form`: the forms listed, printed, taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from kiosk.commands.month import MonthParam
from kiosk.commands.night import community_option, json_option
from kiosk.commands.opening import Opened, opened, says_refusals, show
from kiosk.formbook import coming_back, stock_back, stock_out_back, workbook
from kiosk.formbook.asked import Asked
from kiosk.formbook.coming_back import FaultsError
from kiosk.formbook.filled import Filled, blank
from kiosk.formbook.paper import to_pdf
from kiosk.formbook.registry import Form, all_forms, get_form
from kiosk.formbook.sources import filled_from_book
from kiosk.problems import sentence
from kiosk.texts import LANGUAGES
from ledger import audit
from ledger.audit import SYSTEM
from ledger.clock import now_us
from ledger.errors import Refusal
from ledger.members import merchants
from ledger.sql import Tx
from ledger.stock.intake import Delivery
from pos.desk import day_of
from settlement.closing import previous_month

_WRITES: Final = ("pdf", "xlsx", "csv")


@click.group("form")
def form_group() -> None:
    """The forms of the community: list them, print them filled or blank, take filled ones back."""


@form_group.command("list")
@json_option
@says_refusals
def list_forms(*, as_json: bool) -> None:
    """List every form: its code, its name, whether the book fills it, whether it comes back from Excel."""
    rows = [
        {
            "form": form.code,
            "name": form.zh,
            "filled": "book" if form.fills else "by hand",
            "asks": form.asks,
            "comes_back": form.takes,
        }
        for form in all_forms()
    ]
    if as_json:
        show({"forms": rows}, as_json=True)
        return
    for row in rows:
        click.echo("  ".join(value for value in row.values() if value))


@form_group.command("print")
@click.argument("code")
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="x.pdf, x.xlsx or x.csv",
)
@click.option(
    "--month", type=MonthParam(), default=None, help="Such as 2026-03; else the last full month."
)
@click.option("--shop", default=None, help="The shop's code, such as M01.")
@click.option("--blank", "is_blank", is_flag=True, help="Empty, to be filled by hand.")
@click.option("--names", is_flag=True, help="Full names; it is written down that they were read.")
@community_option
@json_option
@says_refusals
def print_form(
    *, code: str, out: Path, month: int | None, shop: str | None, is_blank: bool, names: bool, issuer: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Write the form CODE as a PDF, a spreadsheet or CSV, by the ending of the file's name."""
    form, kind = get_form(code), out.suffix.lstrip(".").lower()
    if kind not in _WRITES:
        raise click.BadParameter("x.pdf, x.xlsx or x.csv", param_hint="--out")
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        asked = _asked(server, community_id, month, shop, at)
        in_full = names and form.is_personal and not form.wall
        if in_full and not is_blank:
            server.db.write(lambda tx: _note(tx, community_id, form, at))
        with server.db.read() as tx:
            filled = blank(form) if is_blank else filled_from_book(tx, form, asked, in_full=in_full)
        out.write_bytes(_written(filled, kind, asked, in_full=in_full, at=at))
        show({"form": code, "rows": len(filled.rows), "file": str(out)}, as_json=as_json)


@form_group.command("import")
@click.argument("code")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--shop", default=None, help="The shop's code, for its claims.")
@click.option(
    "--book",
    "books",
    is_flag=True,
    help="Goods received or given away: book them. Without it they are only looked at.",
)
@community_option
@json_option
@says_refusals
def import_form(
    *, code: str, file: Path, shop: str | None, books: bool, issuer: str | None, as_json: bool
) -> None:
    """Take the filled form CODE back from FILE (XLSX or CSV): all of it, or nothing and every wrong cell named.

    With --shop, goods received (goods_in) or issued (goods_out) are looked at for that supermarket, and booked with
    --book; of goods issued the gifts alone.
    """
    form, raw = get_form(code), file.read_bytes()
    with opened() as server:
        community_id, at = server.community(issuer), now_us()
        try:
            filled = coming_back.checked(form, raw)
            if form.code in _STOCK and shop is not None:
                asked = _asked(server, community_id, None, shop, at)
                show(_stock(server, asked, filled, books=books, at=at), as_json=as_json)
                return
        except FaultsError as found:
            for fault in found.faults:
                said = sentence(fault.refusal, LANGUAGES[0])
                click.echo(f"{fault.row} {fault.column}: {said}", err=True)
            raise Refusal(
                "import_rows_wrong", count=len({one.row for one in found.faults})
            ) from None
        show(_take(server, community_id, filled, raw, file.name, shop, at), as_json=as_json)


_STOCK: Final = {stock_back.FORM: stock_back, stock_out_back.FORM: stock_out_back}
"""Forms that move pieces, for one supermarket, and what takes each in."""


def _stock(server: Opened, asked: Asked, filled: Filled, *, books: bool, at: int) -> dict[str, Any]:
    """Look at goods received or issued, or book them. Raises FaultsError with nothing booked."""
    here, shop, taker = asked.here.community.id, asked.shop_id, _STOCK[filled.form.code]
    if books:
        found = taker.book(server.db, here, shop, filled, by=SYSTEM, at=at)
    else:
        with server.db.read() as tx:
            found = taker.plan(tx, here, shop, filled)
    if found.faults:
        raise FaultsError(found.faults)
    paid = [one.paid_fen for one in found.new if isinstance(one, Delivery)]
    return {
        "form": filled.form.code,
        "booked" if books else "would_book": len(found.new),
        "pieces": sum(one.quantity for one in found.new),
        **({"paid_fen": sum(paid)} if filled.form.code == stock_back.FORM else {}),
        "in_the_book_before": found.known,
    }


def _take(
    server: Opened, community_id: int, filled: Filled, raw: bytes, name: str, shop: str | None, at: int
) -> dict[str, Any]:  # fmt: skip
    rows = len(filled.rows)
    if filled.form.takes == "claims":
        asked = _asked(server, community_id, None, shop, at)
        if not asked.shop_id:
            raise Refusal("form_shop_missing")
        said = coming_back.take_claims(
            server.db, community_id, asked.shop_id, filled, name=name, by=SYSTEM, day=day_of(asked.here, at), at=at
        )  # fmt: skip
        return {"form": filled.form.code, "rows": rows, "outcome": said["outcome"]}

    def work(tx: Tx) -> bool:
        return coming_back.keep(tx, community_id, filled, raw, name=name, by=SYSTEM, at=at)

    outcome = "kept" if server.db.write(work) else "kept before"
    return {"form": filled.form.code, "rows": rows, "outcome": outcome}


def _asked(
    server: Opened, community_id: int, month: int | None, shop: str | None, at: int
) -> Asked:
    here = server.desk.refresh(community_id)
    shop_id = 0
    if shop is not None:
        with server.db.read() as tx:
            found = merchants.find_by_code(tx, community_id, shop)
        if found is None:
            raise Refusal("merchant_not_found")
        shop_id = found.merchant_id
    return Asked(here, month or previous_month(day_of(here, at)), shop_id)


def _note(tx: Tx, community_id: int, form: Form, at: int) -> None:
    audit.record(tx, community_id, SYSTEM, "form.read", f"form:{form.code}", at=at)


def _written(filled: Filled, kind: str, asked: Asked, *, in_full: bool, at: int) -> bytes:
    if kind == "csv":
        return workbook.to_csv(filled)
    if kind == "xlsx":
        return workbook.to_xlsx(filled, made_on=day_of(asked.here, at))
    community = asked.here.community
    return to_pdf(filled, community=community.name, hotline=community.hotline, in_full=in_full)
