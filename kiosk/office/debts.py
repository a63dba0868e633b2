"""Debts out of sales without network, and letting them go: proposed here, agreed to under Approvals, told on paper."""

from __future__ import annotations

from typing import Any

from flask import Response, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import allow, terms
from kiosk.context import service
from kiosk.forms import act, hundredths, me, needed, number
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import day_text, page_language, points
from kiosk.prints.forgiven import Notice, draw_forgiven
from ledger import audit
from ledger.earning.calendar import business_date, day_key
from ledger.errors import Refusal
from ledger.members import approvals, households, residents
from ledger.members.approvals import Approval
from ledger.members.masking import mask_name
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.offline import forgiving


@bp.get("/debts", endpoint="debts")
@allow("resident.read")
def debts_page() -> Response:
    """Who owes points out of sales without network, and what was let go."""
    return _page()


@bp.post("/debts")
@allow("grant.propose")
def propose_forgiving() -> AnyResponse:
    """Propose that a debt is let go; a second person agrees under Approvals."""
    here, owner = terms(), number("owner")

    def work(tx: Tx, at: int) -> dict[str, Any]:
        units = hundredths("points") * 10**here.civic.precision // 100
        why = needed("reason")
        done = forgiving.propose_forgiving(tx, here, owner, units, why, by=me(), at=at)
        return {"approval_id": str(done)}

    try:
        # The reason is about a person: it stands in the proposal, not in the request.
        act("forgive", {"owner": str(owner), "points": needed("points")}, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.debts", "proposed")


@bp.get("/debts/<int:approval_id>.pdf")
@allow("resident.read")
def forgiven_pdf(approval_id: int) -> Response:
    """The notice for the holder; it names them, so whoever prints it is written down."""
    here, by, at = terms(), me(), service().now()

    def work(tx: Tx) -> tuple[Approval, int, str, str]:
        found = approvals.get_approval(tx, here.community.id, approval_id)
        if found.kind != forgiving.APPROVAL or found.state != "approved":
            raise Refusal("approval_not_found")
        audit.record(tx, here.community.id, by, "forgive.paper", f"approval:{approval_id}", at=at)
        who = residents.get_resident(tx, here.community.id, int(found.body["person_id"]))
        home = households.get_household(tx, here.community.id, who.household_id).code
        units = forgiving.let_go(tx, here.community.id, approval_id)
        return found, units, residents.identity_of(tx, here.community.id, who.person_id).name, home

    found, units, name, home = service().db.write(work)
    body = draw_forgiven(
        Notice(
            name=name,
            household=home,
            points=points(units, here.civic.precision),
            reason=str(found.body["reason"]),
            day=_day(here, int(found.decided_at or 0)),
            number=str(approval_id % 10**6),
        ),
        community=here.community.name,
        hotline=here.community.hotline,
        language=page_language(),
    )
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="notice.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


def forgiving_details(tx: Tx, here: Terms, approval: Approval) -> str:
    """What the second person has to see to agree."""
    body = approval.body
    whose = _whose(tx, here, int(body["person_id"]))
    return f"{whose} · {points(int(body['units']), here.civic.precision)} · {body['reason']}"


def _whose(tx: Tx, here: Terms, person_id: int) -> str:
    who = residents.get_resident(tx, here.community.id, person_id)
    name = mask_name(residents.identity_of(tx, here.community.id, person_id).name)
    return f"{name} {households.get_household(tx, here.community.id, who.household_id).code}"


def _day(here: Terms, at: int) -> str:
    return day_text(day_key(business_date(at, here.community.timezone)))


def _page(*, refusal: Refusal | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        rows = [
            {
                "owner": str(debt.owner_id),
                "whose": _whose(tx, here, debt.person_id),
                "person_id": debt.person_id,
                "points": points(debt.units, here.civic.precision),
                "plain": points(debt.units, here.civic.precision).replace(",", ""),
                "came_at": debt.came_at,
            }
            for debt in forgiving.debts(tx, here)
        ]
        done = [
            {
                "whose": _whose(tx, here, int(one.body["person_id"])),
                "points": points(
                    forgiving.let_go(tx, here.community.id, one.approval_id), here.civic.precision
                ),
                "reason": one.body["reason"],
                "day": _day(here, int(one.decided_at or 0)),
                "pdf": url_for("office.forgiven_pdf", approval_id=one.approval_id),
            }
            for one in forgiving.decided(tx, here.community.id)
        ]
    return office_page(
        "office/debts.html",
        refusal=refusal,
        debts=rows,
        done=done,
        may_propose=can("grant.propose"),
    )
