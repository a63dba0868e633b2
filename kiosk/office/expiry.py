"""Points that lapse, in the office: dates, slips to bring, what waits and why, the notices so far, and the paper."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import page_language, points, say
from kiosk.prints.expiry_sheets import MOST_SLIPS, Paper, draw_door_list, draw_slips, draw_wall
from kiosk.resident.ending import ways_to_use
from kiosk.texts import mark
from ledger import audit
from ledger.errors import Refusal
from ledger.expiry import lists, store
from ledger.expiry.doors import Slip, open_slips
from ledger.expiry.plan import Plan, PointKind, plan_of
from ledger.expiry.run import reason_of
from ledger.expiry.slips import SlipKey, hand_out
from ledger.members.masking import mask_name
from ledger.sql import Tx

_PDF: Final = "application/pdf"
_SHOWN: Final = 200
REASONS: Final = {
    "notice_missing": mark("A notice was not given yet. Hand out the slip of the one before."),
    "slip_not_handed_out": mark("The last slip lies in the office. Hand it out and note it."),
    "earlier_waits": mark("Older points of the same owner wait. They go first."),
    "more_time": mark("The rules give more time than was announced. Nothing is to be done."),
}
"""Why points whose day is over are still there, and what to do."""


@bp.get("/expiry")
@allow("resident.read")
def expiry() -> Response:
    """What is announced, and the slips that are still to be brought."""
    return _page()


@bp.post("/expiry")
@allow("resident.write")
def slips_handed_out() -> AnyResponse:
    """Note the ticked slips as handed out today."""
    here, by = actor().community_id, me()
    ticked = request.form.getlist("slip")

    def work(tx: Tx, at: int) -> dict[str, int]:
        if not ticked:
            raise Refusal("slips_none")
        keys = [SlipKey.read(text) for text in ticked]
        return {"count": hand_out(tx, here, keys, by=by, at=at)}

    try:
        act("slips", {"slips": ticked}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.expiry", "slips")


@bp.post("/expiry/paper")
@allow("resident.read")
def expiry_paper() -> AnyResponse:
    """The list from door to door, the slips themselves, or the sheet for the wall, as a PDF.

    Names are masked, unless the full ones are asked for: then who asked is written down first.
    """
    what, building = request.form.get("what", "list"), request.form.get("building", "")
    in_full = bool(request.form.get("names")) and what == "list"
    here, by = actor().community_id, me()
    if in_full:

        def note(tx: Tx, at: int) -> None:
            audit.record(tx, here, by, "expiry.names", "expiry", at=at)

        act("expiry.names", {"building": building}, note)
    with service().db.read() as tx:
        plan = plan_of(tx, here, at=service().now())
        slips = [row for row in open_slips(tx, here, plan) if building in {"", row.door.building}]
        walls = lists.wall_dates(tx, here) if what == "wall" else []
    try:
        pdf = _draw(what, plan, slips, walls, in_full=in_full)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return Response(
        pdf, mimetype=_PDF, headers={"Content-Disposition": f"inline; filename={what}.pdf"}
    )


def _draw(
    what: str, plan: Plan, slips: list[Slip], walls: list[lists.Wall], *, in_full: bool
) -> bytes:
    here = terms()
    paper = Paper(here.community.name, here.community.hotline, plan.day, page_language())
    if what == "wall":
        kinds = {kind.commodity: kind for kind in plan.kinds}
        return draw_wall(
            [
                {
                    "kind": kinds[row.commodity].name,
                    "last_day": row.last_day,
                    "wallets": row.wallets,
                    "points": None
                    if row.units is None
                    else points(row.units, kinds[row.commodity].precision),
                }
                for row in walls
            ],
            paper,
        )
    lines = [_line(row, in_full=in_full) for row in slips]
    if what == "slips":
        ways = {kind.code: _ways(plan, kind) for kind in plan.kinds}
        for line, row in zip(lines, slips, strict=True):
            line["ways"] = ways[row.kind.code]
        return draw_slips(lines, paper)
    return draw_door_list(lines, paper)


def _ways(plan: Plan, kind: PointKind) -> list[str]:
    if plan.scheme is None:
        return []
    return ways_to_use(terms(), plan.scheme, kind, plan.today, lasting=True)


def _page(*, refusal: Refusal | None = None) -> Response:
    here = actor().community_id
    with service().db.read() as tx:
        plan = plan_of(tx, here, at=service().now())
        slips = open_slips(tx, here, plan)
        dates = lists.dates(tx, here)
        runs = lists.runs(tx, here)
        waits = _waiting(tx, here, plan)
    kinds = {kind.commodity: kind for kind in plan.kinds}
    building = request.args.get("building", "")
    shown = [row for row in slips if building in {"", row.door.building}]
    return office_page(
        "office/expiry.html",
        refusal=refusal,
        lapses_at_all=plan.scheme is not None and plan.scheme.expiry.policy != "none",
        dates=[_date(row, kinds) for row in dates],
        waits=[{"count": count, "text": say(REASONS[reason])} for reason, count in waits.items()],
        slips=[_line(row, in_full=False) for row in shown[:_SHOWN]],
        more=max(0, len(shown) - _SHOWN),
        most=MOST_SLIPS,
        buildings=sorted({row.door.building for row in slips}),
        building=building,
        runs=[_run(row, kinds) for row in runs],
        may_change=can("resident.write"),
    )


def _waiting(tx: Tx, community_id: int, plan: Plan) -> Counter[str]:
    """Why points whose day is over are still there; those that go tonight have no reason and do not count."""
    reasons = Counter[str]()
    for kind in plan.kinds if plan.cuts else ():
        rows = store.lapses_due(tx, community_id, kind.commodity, plan.day)
        reasons.update(reason_of(row, plan, 0) for row in rows)
    del reasons[""]
    return reasons


def _date(row: Any, kinds: dict[int, PointKind]) -> dict[str, Any]:  # noqa: ANN401 - a row of the database
    kind = kinds[row.commodity]
    return {
        "kind": kind.name,
        "last_day": int(row.last_day),
        "wallets": int(row.wallets),
        "points": points(int(row.units), kind.precision),
        "slips": int(row.slips_waiting),
        "notices": int(row.notices_to_come),
    }


def _run(row: Any, kinds: dict[int, PointKind]) -> dict[str, Any]:  # noqa: ANN401 - a row of the database
    kind = kinds[row.commodity]
    return {
        "made_on": int(row.made_on),
        "kind": kind.name,
        "days": int(row.notice_days),
        "wallets": int(row.wallets),
        "points": points(int(row.units), kind.precision),
        "slips": int(row.slips),
        "digest": row.digest[:12],
    }


def _line(row: Slip, *, in_full: bool) -> dict[str, Any]:
    names = row.door.names if in_full else tuple(mask_name(name) for name in row.door.names)
    return {
        "key": row.key.text(),
        "building": row.door.building,
        "unit": row.door.unit,
        "code": row.door.code,
        "names": say(mark(", ")).join(names),
        "points": points(row.units, row.kind.precision),
        "kind": row.kind.name,
        "last_day": row.last_day,
        "days": row.key.notice_days,
    }
