"""What fills each form, by the word in forms.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from kiosk.formbook import sources_points, sources_shops, sources_stock
from kiosk.formbook.asked import Asked, Rows
from kiosk.formbook.filled import Filled, blank, fill
from kiosk.formbook.registry import Form
from kiosk.texts import LANGUAGES, mark, translator
from ledger.errors import Refusal
from ledger.sql import Tx

SOURCES: Final[Mapping[str, Callable[[Tx, Asked], Rows]]] = MappingProxyType(
    {
        "awards": sources_points.awards,
        "deeds_on_the_wall": sources_points.deeds_on_the_wall,
        "households": sources_points.households,
        "month_summary": sources_points.month_summary,
        "redemptions": sources_points.redemptions,
        "sales": sources_shops.sales,
        "claims": sources_shops.claims,
        "statements": sources_shops.statements,
        "differences": sources_shops.differences,
        "payouts": sources_shops.payouts,
        "goods_in": sources_stock.goods_in,
        "goods_out": sources_stock.goods_out,
        "stock_ledger": sources_stock.stock_ledger,
        "stock_counts": sources_stock.stock_counts,
        "write_offs": sources_stock.write_offs,
        "donations": sources_stock.donations,
    }
)
_MONTH: Final = mark("Month {month}")


def filled_from_book(tx: Tx, form: Form, asked: Asked, *, in_full: bool = False) -> Filled:
    """A form with what the book says of a month (and a shop); blank where it fills none; names masked unless `in_full`.

    Refuses form_shop_missing where the form is about one shop and none was chosen.
    """
    if form.asks == "month_shop" and not asked.shop_id:
        raise Refusal("form_shop_missing")
    if not form.fills:
        return blank(form)
    return fill(form, SOURCES[form.fills](tx, asked), in_full=in_full, about=_about(form, asked))


def _about(form: Form, asked: Asked) -> str:
    if not form.asks:
        return ""
    month = f"{asked.month // 100}-{asked.month % 100:02d}"
    said = translator(LANGUAGES[0])(_MONTH).format(month=month)
    return f"{said}  {asked.shop(asked.shop_id)}".strip()
