"""Spare codes on a resident's phone: a page that is kept for the time without network, and the few codes it shows."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify, send_from_directory

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.pages import day_text, say, whole_points
from kiosk.qr_image import PHONE, draw_svg
from kiosk.resident.cards import own_serial
from kiosk.resident.views import resident_page
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members.roles import ANYONE
from ledger.members.spare_codes import SpareCode, coming_days, spare_codes
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.offline.lists import spare_pause_until

bp: Final = Blueprint("resident_spare", __name__)

_LABEL: Final = mark("Spare code, for the shop's camera")
_MS_US: Final = 1_000
_NAME_SIGNS: Final = 16


@bp.get("/me/spare")
@allow("me.code")
def page() -> Response:
    """The page itself; it holds nothing of anybody, since the phone keeps it as it is."""
    here = terms()
    return resident_page(
        here,
        "resident/spare.html",
        offered=here.settings.spare_code_days > 0,
        most=whole_points(here.settings.offline_spare_units),
    )


@bp.get("/me/spare/codes")
@allow("me.code")
def codes() -> Response:
    """The resident's codes for the coming days, each as a picture; asked again they are the same.

    Refuses card_none, spare_paused.
    """
    here, at = terms(), service().now()
    chosen, person_id = here.settings, actor().id
    days = coming_days(here.community.timezone, chosen.spare_code_days, at=at)

    def read(tx: Tx) -> list[SpareCode]:
        _check_pause(tx, here, person_id, at=at)
        return spare_codes(
            tx,
            service().vault,
            here.community.id,
            person_id,
            serial=own_serial(tx, here.community.id, person_id),
            days=days,
            a_day=chosen.spare_codes_a_day,
        )

    with service().db.read() as tx:
        found = read(tx)
    return jsonify(
        {
            "holder": _mark_of(here.community.id, person_id),
            "now_ms": at // _MS_US,
            "codes": [_picture(one) for one in found],
        }
    )


@bp.get("/sw_me.js")
@allow(ANYONE)
def worker() -> Response:
    """The worker that shows the kept page where the network is away; it lies at the root to reach all of `/me`."""
    folder = Path(current_app.static_folder or "")
    return send_from_directory(folder, "me_worker.js", max_age=0)


def _check_pause(tx: Tx, here: Terms, person_id: int, *, at: int) -> None:
    until = spare_pause_until(tx, here.community.id, person_id, at=at)
    if until is not None:
        raise Refusal("spare_paused", until_at=until)


def _picture(code: SpareCode) -> dict[str, Any]:
    return {
        "id": hashlib.sha256(code.digits.encode()).hexdigest()[:_NAME_SIGNS],
        "day": day_text(code.day),
        "starts_ms": code.starts_at // _MS_US,
        "ends_ms": code.ends_at // _MS_US,
        "picture": draw_svg(code.digits, PHONE, label=say(_LABEL)),
    }


def _mark_of(community_id: int, person_id: int) -> str:
    """Tells a phone that somebody else signed in on it, and nothing about either."""
    key = hmac.digest(service().desk.pepper, b"spare codes of one phone", "sha256")
    words = f"{community_id}/{person_id}".encode()
    return hmac.digest(key, words, "sha256").hex()[:_NAME_SIGNS]
