"""A city's desk: differences in queues, a page at a time; given to a person, or decided together by one choice."""

from __future__ import annotations

import uuid
from typing import Any, Final

from flask import Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.choice_words import choice_name, choices_on, decided_name
from kiosk.context import service
from kiosk.difference_words import gap_sentence, reasons_for, view_of
from kiosk.forms import act, me, text, ticked
from kiosk.office.difference_cards import anybody_of_the_office
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import DIFFERENCE_STATES, ROLES, word
from kiosk.pages import can_say, page_language, page_zone, say
from kiosk.problems import sentence
from kiosk.texts import mark
from ledger.earning.calendar import day_from_key
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import staff
from ledger.members.roles import may
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from pos.desk import day_of
from settlement.bulk import MOST, Outcome, do_each
from settlement.choices import Choice, offered
from settlement.decisions import Press
from settlement.discrepancies import age_days, assign_within, get_discrepancy
from settlement.handling import HANDLING
from settlement.queue_rules import AGES, STATES, Queue
from settlement.queues import Place, queue_codes, queue_page, queue_sums
from settlement.verdicts import RULES, Code

_PAGE: Final = 50
_AGREE: Final = "agree"
_DECIDING: Final = frozenset({"open", "asked", "pooled"})
_AGE_NAMES: Final = {
    "due": mark("due today or before"),
    "3": mark("3 days and older"),
    "7": mark("7 days and older"),
    "15": mark("15 days and older"),
}
can_say({"given": mark("Given. Each stands under that person's name now.")})


@bp.get("/queue", endpoint="queue")
@allow("office.read")
def queue() -> Response:
    """One page of a queue."""
    return _page()


@bp.post("/queue/assign")
@allow("discrepancy.decide")
def assign_rows() -> AnyResponse:
    """Give the ticked ones to a person; all of them or none."""
    here, by, rows, owner = actor().community_id, me(), ticked("row"), text("owner")

    def work(tx: Tx, at: int) -> None:
        if not rows:
            raise Refusal("queue_none")
        if owner not in {str(one["staff_id"]) for one in _deciders(tx, here)}:
            raise Refusal("staff_not_found")
        for row in rows:
            assign_within(tx, here, row, int(owner), by=by, at=at)

    try:
        act("queue_assign", {"rows": [str(row) for row in rows], "owner": owner}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.queue", "given", **_asked())


@bp.get("/queue/bulk", endpoint="queue_bulk")
@allow("discrepancy.decide")
def ask_bulk() -> AnyResponse:
    """The question before the ticked ones are decided together: each with what it would do."""
    here, rows = terms(), _ticked_rows()
    what = request.args.get("what", "")
    try:
        with service().db.read() as tx:
            found = [get_discrepancy(tx, here.community.id, row) for row in rows]
            return _ask(tx, here, found, what)
    except Refusal as refusal:
        return _page(refusal=refusal)


@bp.post("/queue/bulk")
@allow("discrepancy.decide")
def do_bulk() -> Response:
    """Decide each under its own number; sent again, the same page comes out."""
    here, what = terms(), text("what")
    rows = ticked("row")
    reason = " ".join(part for part in (text("reason"), text("more")) if part)
    try:
        second = what == _AGREE
        presses = [_press(row, what, reason) for row in rows]
        done = do_each(
            service().db,
            presses,
            second=second,
            may_decide=anybody_of_the_office,
            at=service().now(),
        )
    except Refusal as refusal:
        return _page(refusal=refusal)
    with service().db.read() as tx:
        lines = [_result(tx, here, one) for one in done]
    return office_page(
        "office/queue_result.html",
        lines=lines,
        refused_count=sum(one.refusal is not None for one in done),
        posted_fen=sum(one.posted_fen for one in done if one.state == "decided"),
        back=url_for("office.queue"),
    )


def _press(row: int, what: str, reason: str) -> Press:
    """One row's press, under the number the page gave it."""
    try:
        own = str(uuid.UUID(request.form.get(f"id_{row}", "")))
    except ValueError as error:
        raise Refusal("form_stale") from error
    asked = text(f"choice_{row}") if what == _AGREE else what
    try:
        choice = Choice(asked)
    except ValueError as error:
        raise Refusal("decision_not_offered", verdict="", choice=asked[:20]) from error
    said = say(mark("agreed by a second person")) if what == _AGREE else reason
    return Press(actor().community_id, row, choice, me(), said, own)


def _ticked_rows() -> list[int]:
    given = request.args.getlist("row")[: MOST + 1]
    return [int(one) for one in given if one.isdigit() and len(one) < 18]  # noqa: PLR2004 - a number fits


def _ask(tx: Tx, here: Terms, found: list[Row], what: str) -> Response:
    if not found:
        raise Refusal("queue_none")
    if len(found) > MOST:
        raise Refusal("queue_too_many", most=MOST)
    if what == _AGREE:
        choice, name, reasons = None, say(mark("Agree")), []
        found = [row for row in found if row.state == "proposed"]
    else:
        if len({row.code for row in found}) > 1:
            raise Refusal("queue_mixed")
        choice = _choice(what, found[0])
        name = choice_name(found[0].code, choice)
        reasons = reasons_for(found[0].code, choice)
    if not found:
        raise Refusal("queue_none")
    lines = [_line(tx, here, row, choice) for row in found]
    return office_page(
        "office/queue_bulk.html",
        lines=lines,
        what=what,
        name=name,
        reasons=reasons,
        total_fen=sum(line["fen"] for line in lines),
        new_id=lambda: new_request_id(service().now()),
        back=url_for("office.queue", code=found[0].code),
    )


def _choice(what: str, row: Row) -> Choice:
    try:
        choice = Choice(what)
    except ValueError as error:
        raise Refusal("decision_not_offered", verdict="", choice=what[:20]) from error
    if choice not in offered(Code(row.code)):
        raise Refusal("decision_not_offered", verdict=row.code, choice=what)
    return choice


def _line(tx: Tx, here: Terms, row: Row, choice: Choice | None) -> dict[str, Any]:
    chosen = choice or Choice(row.decision)
    ways = choices_on(tx, here.community.id, row, here.shown.precision)
    way = next(one for one in ways if one["decision"] == chosen)
    return {
        **_row(here, row),
        **{key: way[key] for key in ("effect", "fen", "points", "verb", "second_person")},
        "choice": chosen.value,
    }


def _result(tx: Tx, here: Terms, one: Outcome) -> dict[str, Any]:
    try:
        row: dict[str, Any] = _row(here, get_discrepancy(tx, here.community.id, one.discrepancy_no))
    except Refusal:
        row = {"number": one.discrepancy_no, "shop": "", "name": "", "ref": ""}
    if one.refusal is None:
        state = word(DIFFERENCE_STATES, one.state)
        return {**row, "said": say(state.text), "tone": state.tone, "posted_fen": one.posted_fen}
    why = sentence(one.refusal, page_language(), zone=page_zone())
    return {**row, "said": why, "tone": "bad", "posted_fen": 0}


def _row(here: Terms, row: Row) -> dict[str, Any]:
    view = view_of(row)
    today = day_of(here, service().now())
    return {
        "number": int(row.discrepancy_no),
        "code": row.code,
        "name": view.name,
        "shop": f"{row.merchant_code} {row.merchant_name}"
        if row.merchant_code
        else say(mark("The whole community")),
        "day": int(row.business_date),
        "ref": row.ref,
        "gap": gap_sentence(row),
        "due": int(row.due_date),
        "is_late": int(row.due_date) < today,
        "age": age_days(row, today),
        "state": view.state,
        "tone": view.tone,
        "owner": int(row.owner_id or 0),
        "decision": decided_name(row),
    }


def _asked() -> dict[str, Any]:
    """The filters as the address has them, empty ones left out.

    A form on the list sends them under names of their own: its `owner` is who the ticked ones are given to.
    """
    names = ("code", "role", "shop", "age", "state", "owner")
    plain = request.args if request.endpoint == "office.queue" else {}
    return {
        name: value
        for name in names
        if (value := request.values.get(f"f_{name}", plain.get(name, "")))
    }


def _filter() -> Queue:
    asked = _asked()
    numbers = {
        name: int(asked[name]) for name in ("shop", "owner") if str(asked.get(name, "")).isdigit()
    }
    known = {
        "code": {code.value for code in Code},
        "role": {handling.owner_role for handling in HANDLING.values()} | {"committee"},
        "age": set(AGES),
        "state": set(STATES),
    }
    words = {name: asked[name] for name, values in known.items() if asked.get(name) in values}
    return Queue(**words, shop=numbers.get("shop", 0), owner=numbers.get("owner", 0))


def _page(*, refusal: Refusal | None = None) -> Response:
    here, wanted = terms(), _filter()
    community_id, today = here.community.id, day_of(here, service().now())
    after = Place(request.args.get("due", 0, int), request.args.get("after", 0, int))
    day = day_from_key(today)
    with service().db.read() as tx:
        rows = queue_page(tx, community_id, wanted, day, after=after, most=_PAGE + 1)
        sums = queue_sums(tx, community_id, wanted, day)
        codes = queue_codes(tx, community_id, wanted._replace(code=""), day)
        people = _deciders(tx, community_id)
    shown, names = rows[:_PAGE], {one["staff_id"]: one["name"] for one in people}
    lines = [_row(here, row) for row in shown]
    for line in lines:
        line["owner_name"] = names.get(line["owner"], "")
    last = shown[-1] if len(rows) > _PAGE else None
    kept = {name: value for name, value in wanted._asdict().items() if value}
    return office_page(
        "office/queue.html",
        refusal=refusal,
        lines=lines,
        sums=sums,
        kept=kept,
        filters=_filters(here, wanted, codes, people),
        people=people,
        acts=_acts(wanted) if can("discrepancy.decide") else [],
        may_decide=can("discrepancy.decide"),
        next_page=url_for("office.queue", **kept, due=last.due_date, after=last.discrepancy_no)
        if last is not None
        else None,
    )


def _acts(wanted: Queue) -> list[dict[str, str]]:
    """What the ticked rows can be given together: one code's choices, or a second person's consent."""
    if wanted.state == "proposed":
        return [{"what": _AGREE, "name": say(mark("Agree"))}]
    if not wanted.code:
        return []
    return [
        {"what": choice.value, "name": choice_name(wanted.code, choice)}
        for choice in offered(Code(wanted.code))
    ]


def _filters(
    here: Terms, wanted: Queue, codes: dict[str, int], people: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    roles = sorted({handling.owner_role for handling in HANDLING.values()} | {"committee"})
    shops = sorted((shop.code, shop.merchant_id, shop.name) for shop in here.merchants.values())
    listed = dict(codes)
    if wanted.code:
        listed.setdefault(wanted.code, 0)
    return [
        {
            "name": "code",
            "label": say(mark("Kind")),
            "value": wanted.code,
            "ways": [
                (code, f"{code} {say(RULES[Code(code)].name)} · {n}")
                for code, n in sorted(listed.items())
            ],
        },
        {
            "name": "role",
            "label": say(mark("Whose turn")),
            "value": wanted.role,
            "ways": [(role, say(word(ROLES, role).text)) for role in roles],
        },
        {
            "name": "shop",
            "label": say(mark("Shop")),
            "value": str(wanted.shop or ""),
            "ways": [(str(number), f"{code} {name}") for code, number, name in shops],
        },
        {
            "name": "age",
            "label": say(mark("Age")),
            "value": wanted.age,
            "ways": [(age, say(_AGE_NAMES[age])) for age in AGES],
        },
        {
            "name": "state",
            "label": say(mark("State")),
            "value": wanted.state,
            "ways": [(state, say(word(DIFFERENCE_STATES, state).text)) for state in STATES],
        },
        {
            "name": "owner",
            "label": say(mark("Given to")),
            "value": str(wanted.owner or ""),
            "ways": [(str(one["staff_id"]), one["name"]) for one in people],
        },
    ]


def _deciders(tx: Tx, community_id: int) -> list[dict[str, Any]]:
    """Who may decide differences, by name."""
    return [
        {"staff_id": int(row.staff_id), "name": row.name or row.login}
        for row in staff.all_staff(tx, community_id)
        if row.merchant_id is None
        and row.state == "active"
        and may(staff.roles_of(tx, community_id, int(row.staff_id)), "discrepancy.decide")
    ]
