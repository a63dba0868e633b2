"""Households at the office: who lives there, what waits, and acts that a second person agrees to under Approvals."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, me, needed, number, text
from kiosk.household_card import household_card
from kiosk.household_words import ACTS, RULES, typed_points
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import day_text, page_language, points, say
from kiosk.texts import mark
from ledger import audit
from ledger.errors import Refusal
from ledger.households import acts, estates, homes, limits
from ledger.households.acts import Ask
from ledger.households.looks import look_at
from ledger.members import cards, households, residents
from ledger.members.approvals import Approval
from ledger.members.households import Household
from ledger.members.masking import mask_name
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import day_of


@bp.get("/households", endpoint="households")
@allow("resident.read")
def find_household() -> Response:
    """Households by code, found by the beginning of code or building, or one of them; names masked."""
    return _page(request.args.get("code", "").strip().upper())


@bp.get("/households/<int:household_id>/card.pdf")
@allow("resident.read")
def print_household_card(household_id: int) -> Response:
    """The household's points card as its report, on A5; who printed it is written down."""
    here, at, by, language = terms(), service().now(), me(), page_language()

    def work(tx: Tx) -> tuple[str, bytes]:
        home = households.get_household(tx, here.community.id, household_id)
        subject = f"household:{household_id}"
        audit.record(tx, here.community.id, by, "household.print", subject, at=at)
        day = day_of(here, at)
        return home.code, household_card(tx, here, home, day=day, language=language)

    code, body = service().db.write(work)
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="household-{code}.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/households/<int:household_id>/act")
@allow("grant.propose")
def propose_act(household_id: int) -> AnyResponse:
    """Show what an act would move; sent again with `agreed`, propose it. A second person agrees under Approvals."""
    here = terms()
    code = _code(household_id)
    try:
        asked = _asked(household_id)
        if not text("agreed"):
            return _page(code, preview=_preview(here, asked), asked=asked)

        def work(tx: Tx, at: int) -> dict[str, Any]:
            today = day_of(here, at)
            made = acts.propose(tx, here.community.id, asked, today=today, by=me(), at=at)
            return {"approval_id": str(made)}

        body = {**asdict(asked), "people": [str(person) for person in asked.people]}
        act("household", {key: body[key] for key in body if key not in _WORDS}, work)
    except Refusal as refusal:
        return _page(code, refusal=refusal)
    return to("office.households", "proposed", code=code)


_WORDS: Final = {"reason", "evidence"}
"""Typed about people: they stand in the proposal, not in the request."""


@bp.post("/households/<int:household_id>/death")
@allow("resident.write")
def report_death(household_id: int) -> AnyResponse:
    """Write down a death: codes stop, points stay."""
    here = terms()

    def work(tx: Tx, at: int) -> dict[str, Any]:
        person_id = number("person")
        if residents.get_resident(tx, here.community.id, person_id).household_id != household_id:
            raise Refusal("household_not_member")
        flagged = estates.report_death(
            tx,
            here.community.id,
            person_id,
            died_on=day("died_on"),
            evidence=needed("evidence"),
            today=day_of(here, at),
            by=me(),
            at=at,
        )
        return {"flagged": flagged}

    return _stay(household_id, "death", {"person": text("person"), "day": text("died_on")}, work)


@bp.post("/households/<int:household_id>/move")
@allow("resident.write")
def move_household(household_id: int) -> AnyResponse:
    """Another home in the community, or out of it."""
    here = terms()

    def work(tx: Tx, at: int) -> None:
        common: dict[str, Any] = {
            "reason": needed("reason"),
            "today": day_of(here, at),
            "by": me(),
            "at": at,
        }
        if text("out"):
            homes.move_out(tx, here.community.id, household_id, _people(), **common)
            return
        homes.move_home(
            tx,
            here.community.id,
            household_id,
            code=needed("new_code").upper(),
            building=needed("building"),
            unit=needed("unit"),
            **common,
        )

    body = {"out": text("out"), "to": text("new_code"), "people": [str(p) for p in _people()]}
    return _stay(household_id, "move", body, work)


@bp.post("/households/<int:household_id>/limit")
@allow("resident.write")
def set_member_limit(household_id: int) -> AnyResponse:
    """Set a member's monthly limit as the head asked for it; an empty field lifts it."""
    here = terms()
    units = _units("points")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        month = limits.set_limit(
            tx,
            here.community.id,
            household_id,
            number("person"),
            units,
            month=day_of(here, at) // 100,
            by=me(),
            at=at,
        )
        return {"from_month": month}

    return _stay(household_id, "limit", {"person": text("person"), "units": units}, work)


@bp.post("/households/late/<int:txn_id>")
@allow("grant.propose")
def answer_late(txn_id: int) -> AnyResponse:
    """Note what was found out about spending after a death; nothing is undone."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        estates.answer_late(tx, here, txn_id, needed("answer"), by=me(), at=at)

    act("household.late", {"txn": str(txn_id)}, work)
    return to("office.households")


def agree_to_act(tx: Tx, here: Terms, approval: Approval, *, at: int) -> None:
    """Agree to a household's act and carry it out; refuses what `ledger.households.acts.agree` refuses."""
    acts.agree(tx, here.community.id, approval.approval_id, today=day_of(here, at), by=me(), at=at)


def act_details(tx: Tx, here: Terms, approval: Approval) -> str:
    """What the second person has to see to agree: whom, where to, by which rule, and today's figures."""
    asked = acts.ask_of(approval)
    home = households.get_household(tx, here.community.id, asked.household_id)
    names = [_masked(tx, here.community.id, person) for person in asked.people]
    try:
        moved = _parts_text(tx, here, asked)
    except Refusal as refusal:
        moved = refusal.code
    rule = say(RULES[asked.rule]) if asked.rule in RULES else ""
    parts = (
        say(ACTS[asked.act]), f"{home.code} → {asked.to_code}", *names, rule, moved,
        asked.reason, asked.evidence,
    )  # fmt: skip
    return " · ".join(part for part in parts if part)


def _asked(household_id: int) -> Ask:
    return Ask(
        act=needed("act"),
        household_id=household_id,
        to_code=needed("to_code").upper(),
        people=_heir() if text("act") == acts.HEIRS else _people(),
        rule=text("rule") if text("act") in {acts.LEAVE, acts.SPLIT} else "",
        units=_units("units"),
        building=text("building"),
        unit=text("unit"),
        reason=needed("reason"),
        evidence=text("evidence"),
    )


def _units(name: str) -> int | None:
    """Points of the kind shown first, in its units; None where the field was left empty.

    Refusals: form_amount.
    """
    return typed_points(text(name), terms().shown.precision) if text(name) else None


def _heir() -> tuple[int, ...]:
    """The heir, by the number of their card.

    Refusals: form_gap, card_not_found.
    """
    typed = needed("heir")
    with service().db.read() as tx:
        holder = cards.get_by_number(tx, actor().community_id, typed).person_id
    if holder is None:
        raise Refusal("card_not_found")
    return (holder,)


def _people() -> tuple[int, ...]:
    try:
        return tuple(sorted(int(value) for value in request.form.getlist("person")))
    except ValueError as error:
        raise Refusal("form_number", text="") from error


def _preview(here: Terms, asked: Ask) -> str:
    with service().db.read() as tx:
        today = day_of(here, service().now())
        acts.check(tx, here.community.id, asked, today=today)
        return _parts_text(tx, here, asked)


def _parts_text(tx: Tx, here: Terms, asked: Ask) -> str:
    """The points that would move, and the debt."""
    today = day_of(here, service().now())
    parts = acts.preview(tx, here.community.id, asked, today=today)
    precision = here.shown.precision
    told = points(sum(part.units for part in parts), precision)
    debt = sum(part.debt_units for part in parts)
    said = say(mark("{points} points move")).format(points=told)
    if not debt:
        return said
    more = say(mark("with a debt of {points}")).format(points=points(debt, precision))
    return f"{said} · {more}"


def _stay(household_id: int, kind: str, body: dict[str, Any], work: Any) -> AnyResponse:  # noqa: ANN401 - see `act`
    code = _code(household_id)
    try:
        act(f"household.{kind}", {"household": str(household_id), **body}, work)
    except Refusal as refusal:
        return _page(code, refusal=refusal)
    return to("office.households", code=_code(household_id))


def _code(household_id: int) -> str:
    with service().db.read() as tx:
        return households.get_household(tx, actor().community_id, household_id).code


def _page(
    code: str, *, refusal: Refusal | None = None, preview: str = "", asked: Ask | None = None
) -> Response:
    here = terms()
    asked_text = request.args.get("q", "").strip().upper()[:_LONGEST_SEARCH]
    with service().db.read() as tx:
        home = households.find_by_code(tx, here.community.id, code) if code else None
        listed = [] if home else _listed(tx, here, asked_text)
        late = [_late_line(tx, here, row) for row in estates.late_spending(tx, here.community.id)]
        shown = {} if home is None else _home(tx, here, home)
    if code and home is None and refusal is None:
        refusal = Refusal("household_not_found")
    return office_page(
        "office/households.html",
        refusal=refusal,
        code=code,
        q=asked_text,
        listed=listed[:_PAGE],
        after=listed[_PAGE - 1]["code"] if len(listed) > _PAGE else None,
        home=home,
        late=late,
        preview=preview,
        asked=asked,
        acts=[(key, say(ACTS[key])) for key in _PROPOSED],
        rules=[(key, say(name)) for key, name in RULES.items()],
        may_propose=can("grant.propose"),
        may_write=can("resident.write"),
        **shown,
    )


_PAGE: Final = 30
_LONGEST_SEARCH: Final = 20


def _listed(tx: Tx, here: Terms, asked_text: str) -> list[dict[str, Any]]:
    """One more household than a page shows."""
    after = request.args.get("after", "").upper()[:_LONGEST_SEARCH]
    found = households.search(tx, here.community.id, asked_text, after=after, limit=_PAGE + 1)
    return [
        {
            "code": home.code,
            "building": home.building,
            "members": members,
            "head": _masked(tx, here.community.id, home.head_person_id)
            if home.head_person_id
            else "",
            "is_closed": home.closed_at is not None,
        }
        for home, members in found
    ]


_PROPOSED: Final = (acts.LEAVE, acts.SPLIT, acts.MERGE, acts.GIFT, acts.HEIRS)


def _home(tx: Tx, here: Terms, home: Household) -> dict[str, Any]:
    seen = look_at(tx, here, home, day=day_of(here, service().now()))
    precision = here.shown.precision
    return {
        "members": [
            {
                "person_id": one.person_id,
                "masked": one.masked or say(mark("name deleted")),
                "is_head": one.is_head,
                "is_active": one.state == "active",
                "limit": "" if one.limit.units is None else points(one.limit.units, precision),
                "used": points(one.limit.used, precision),
                "later": one.limit.next_month,
            }
            for one in seen.members
        ],
        "wallet": seen.wallet,
        "precision": precision,
        "estates": seen.estates,
        "history": [
            {
                "day": int(row.business_date),
                "what": say(ACTS[row.kind]),
                "points": points(int(row.units), precision) if row.units else "",
            }
            for row in seen.history
        ],
    }


def _late_line(tx: Tx, here: Terms, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the list
    home = households.get_household(tx, here.community.id, int(row.household_id))
    return {
        "txn_id": int(row.txn_id),
        "household": home.code,
        "day": day_text(int(row.business_date)),
        "points": points(int(row.units), here.shown.precision),
    }


def _masked(tx: Tx, community_id: int, person_id: int) -> str:
    name = residents.identity_of(tx, community_id, person_id).name
    return mask_name(name) or say(mark("name deleted"))
