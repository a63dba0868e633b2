"""Unauthorised use at the desk: the form taken in, points given back for now, decided by a second person."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, text
from kiosk.misuse_words import entry_line, form_line
from kiosk.named_purchases import take_misuse_form
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import can_say, page_language
from kiosk.prints.misuse import Paper, draw_misuse
from kiosk.texts import mark
from ledger import audit
from ledger.errors import Refusal
from ledger.members import cards, residents, staff
from ledger.members.masking import mask_name
from ledger.sql import Tx
from pos.desk import day_of
from pos.misuse import facts
from pos.misuse.report import DAYS_BACK, first_day
from pos.misuse.review import Act, Review, decide, give_back

can_say(
    {
        "misuse_taken": mark("Taken in. The cards of these purchases are blocked."),
        "misuse_given": mark("The points are back for now. A second person decides."),
        "misuse_decided": mark("Decided and written down."),
    }
)


@bp.get("/misuse", endpoint="misuse")
@allow("resident.read")
def misuse_list() -> Response:
    """Every form, with the day by which its points are due."""
    here, day = terms(), day_of(terms(), service().now())
    with service().db.read() as tx:
        forms = [form_line(row, day) for row in facts.newest(tx, here.community.id)]
    return office_page("office/misuse.html", forms=forms)


@bp.get("/residents/<int:person_id>/misuse")
@allow("card.write")
def new_misuse(person_id: int) -> Response:
    """The empty form: the holder's purchases by card that can be named."""
    return _form_page(person_id)


@bp.post("/residents/<int:person_id>/misuse")
@allow("card.write")
def take_misuse(person_id: int) -> AnyResponse:
    """Take the form in; the cards are blocked at once."""
    try:
        form_id = take_misuse_form("misuse", person_id, {"person_id": str(person_id)})
    except Refusal as refusal:
        return _form_page(person_id, refusal=refusal)
    return to("office.misuse_form", "misuse_taken", form_id=form_id)


@bp.get("/misuse/<int:form_id>")
@allow("resident.read")
def misuse_form(form_id: int) -> Response:
    """One form: what it names, what is back, how it was decided."""
    return _one(form_id)


@bp.post("/misuse/<int:form_id>/give")
@allow("card.write")
def give_misuse(form_id: int) -> AnyResponse:
    """Give back for now what was taken without a PIN."""
    here = terms()

    def work(tx: Tx, at: int) -> None:
        give_back(tx, Act(here.community.id, actor().id, day_of(here, at), at), form_id)

    return _then(form_id, "misuse.give", "misuse_given", {}, work)


@bp.post("/misuse/<int:form_id>/decide")
@allow("grant.approve")
def decide_misuse(form_id: int) -> AnyResponse:
    """Decide on every entry, each by an answer of its own."""
    here = terms()
    with service().db.read() as tx:
        rows = facts.entries_on(tx, here.community.id, form_id)

    def work(tx: Tx, at: int) -> None:
        answers = {int(row.txn_id): needed(f"how-{row.txn_id}") for row in rows}
        if set(answers.values()) - {"upheld", "rejected"}:
            raise Refusal("form_gap")
        upheld = frozenset(txn_id for txn_id, how in answers.items() if how == "upheld")
        review = Review(upheld, needed("why"))
        decide(tx, Act(here.community.id, actor().id, day_of(here, at), at), form_id, review)

    body = {str(row.txn_id): text(f"how-{row.txn_id}") for row in rows}
    return _then(form_id, "misuse.decide", "misuse_decided", body, work)


@bp.get("/misuse/<int:form_id>.pdf")
@allow("card.write", "grant.approve")
def misuse_pdf(form_id: int) -> Response:
    """The form on paper, for the holder's signature; it names them, so whoever prints it is written down."""
    here, by, at = terms(), me(), service().now()
    day = day_of(here, at)

    def work(tx: Tx) -> tuple[Any, str, list[str], list[Any]]:
        form = _found(tx, here.community.id, form_id)
        person_id, subject = int(form.person_id), f"misuse:{form_id}"
        audit.record(tx, here.community.id, by, "misuse.paper", subject, at=at)
        return (
            form,
            residents.identity_of(tx, here.community.id, person_id).name,
            [card.number for card in cards.cards_of(tx, here.community.id, person_id)],
            facts.entries_on(tx, here.community.id, form_id),
        )

    form, name, numbers, rows = service().db.write(work)
    paper = Paper(
        form=form_line(form, day),
        name=name,
        cards=numbers,
        told=form.told,
        entries=[entry_line(here, row) for row in rows],
    )
    body = draw_misuse(
        paper,
        community=here.community.name,
        hotline=here.community.hotline,
        language=page_language(),
    )
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="misuse.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _then(form_id: int, kind: str, said: str, body: dict[str, Any], work: Any) -> AnyResponse:  # noqa: ANN401 - see `act`
    try:
        act(kind, {"form_id": str(form_id), **body}, work)
    except Refusal as refusal:
        return _one(form_id, refusal=refusal)
    return to("office.misuse_form", said, form_id=form_id)


def _found(tx: Tx, community_id: int, form_id: int) -> Any:  # noqa: ANN401 - a row of pos.misuse.facts
    form = facts.find_form(tx, community_id, form_id)
    if form is None:
        raise Refusal("misuse_not_found")
    return form


def _one(form_id: int, *, refusal: Refusal | None = None) -> Response:
    here, day = terms(), day_of(terms(), service().now())
    with service().db.read() as tx:
        form = _found(tx, here.community.id, form_id)
        rows = facts.entries_on(tx, here.community.id, form_id)
        name = residents.identity_of(tx, here.community.id, int(form.person_id)).name
        names = {
            int(row.staff_id): row.name or row.login
            for row in staff.all_staff(tx, here.community.id)
        }
    line = form_line(form, day)
    who = {int(form.taken_by), *(int(row.given_by or 0) for row in rows)}
    return office_page(
        "office/misuse_form.html",
        refusal=refusal,
        form=line,
        masked=mask_name(name),
        person_id=int(form.person_id),
        told=form.told,
        taken_by=names.get(int(form.taken_by), ""),
        entries=[entry_line(here, row) for row in rows],
        why=next((row.why for row in rows if row.why), ""),
        decided_by=next((names.get(int(row.decided_by), "") for row in rows if row.how), ""),
        may_give=can("card.write") and form.to_give and form.decided < form.entries,
        may_decide=can("grant.approve") and form.decided < form.entries,
        is_own=actor().id in who,
        pdf=url_for("office.misuse_pdf", form_id=form_id),
    )


def _form_page(person_id: int, *, refusal: Refusal | None = None) -> Response:
    here, today = terms(), day_of(terms(), service().now())
    with service().db.read() as tx:
        who = residents.get_resident(tx, here.community.id, person_id)
        rows = facts.to_name(
            tx, here.community.id, person_id, who.household_id, since=first_day(today)
        )
        forms = facts.forms_of(tx, here.community.id, person_id)
        name = residents.identity_of(tx, here.community.id, person_id).name
    return office_page(
        "office/new_misuse.html",
        refusal=refusal,
        person_id=person_id,
        masked=mask_name(name),
        entries=[entry_line(here, row) for row in rows],
        forms=[form_line(row, today) for row in forms],
        told=text("told"),
        days=DAYS_BACK,
    )
