"""The community's file of each of a shop's days, to fetch by hand or by a program that signs in."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.merchant.views import merchant_page, own_shop
from settlement.day_file import KINDS, day_document, day_file, locked_days

bp: Final = Blueprint("merchant_days", __name__, url_prefix="/merchant/days")

_TYPES: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


@bp.get("", strict_slashes=False)
@allow("shop.read")
def home() -> Response:
    """The days whose file is ready, and the hour at which each day's is."""
    with service().db.read() as tx:
        days = locked_days(tx, actor().community_id)
    return merchant_page(
        "merchant/days.html", days=days, kinds=KINDS, hour=terms().settings.day_file_hour
    )


@bp.get("/<int:day>.<kind>")
@allow("shop.read")
def one(day: int, kind: str) -> Response:
    """One day of the own shop as `csv` or `json`."""
    shop = own_shop()
    with service().db.read() as tx:
        document = day_document(tx, actor().community_id, shop.merchant_id, day)
    answer = Response(day_file(document, kind), content_type=_TYPES.get(kind, "text/plain"))
    name = f"day-{shop.code}-{day}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
