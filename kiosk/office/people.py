"""Staff and shop owners: who can sign in, with which roles."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, me, needed, number, text
from kiosk.office.frame import bp, office_page, to
from kiosk.page_words import ROLES, STAFF_STATES, word
from kiosk.pages import say
from ledger.errors import Refusal
from ledger.members import staff
from ledger.members.roles import STAFF_ROLES
from ledger.members.staff import NewStaff
from ledger.sql import Tx

_FIELDS: Final = ("login", "name", "shop")


@bp.get("/staff", endpoint="people")
@allow("staff.write")
def people_page() -> Response:
    """Everybody who can sign in."""
    return _page()


@bp.post("/staff")
@allow("staff.write")
def add_person() -> AnyResponse:
    """Open a sign-in for a colleague or a shop's owner, without any role yet."""
    here, by = actor().community_id, me()
    form = {name: text(name) for name in _FIELDS}
    pepper, cost = service().pepper, service().hash_cost

    def work(tx: Tx, at: int) -> None:
        new = NewStaff(
            login=form["login"].lower(),
            name=needed("name"),
            password=request.form.get("password", ""),
            merchant_id=number("shop") if form["shop"] else None,
        )
        staff.add_staff(tx, here, new, pepper=pepper, by=by, at=at, cost=cost)

    # The password stays out of the body: what stands there is kept as a plain hash.
    return _stay("staff", form, work, form=form)


@bp.post("/staff/<int:staff_id>/role")
@allow("staff.write")
def change_role(staff_id: int) -> AnyResponse:
    """Give a role or take it away."""
    here, by, role = actor().community_id, me(), needed("role")
    change = staff.take_role if text("take") else staff.give_role

    def work(tx: Tx, at: int) -> None:
        change(tx, here, staff_id, role, by=by, at=at)

    return _stay("role", {"staff": str(staff_id), "role": role, "take": text("take")}, work)


@bp.post("/staff/<int:staff_id>/state")
@allow("staff.write")
def change_person(staff_id: int) -> AnyResponse:
    """Close a sign-in or open it again."""
    here, by, state = actor().community_id, me(), needed("state")

    def work(tx: Tx, at: int) -> None:
        if state not in STAFF_STATES:
            raise Refusal("form_gap")
        staff.set_state(tx, here, staff_id, state, by=by, at=at)

    return _stay("staff.state", {"staff": str(staff_id), "to": state}, work)


@bp.post("/staff/<int:staff_id>/password")
@allow("staff.write")
def change_password(staff_id: int) -> AnyResponse:
    """Set a new password; every sign-in in use ends."""
    here, by = actor().community_id, me()
    password, pepper, cost = request.form.get("password", ""), service().pepper, service().hash_cost

    def work(tx: Tx, at: int) -> None:
        staff.set_password(tx, here, staff_id, password, pepper=pepper, by=by, at=at, cost=cost)

    return _stay("staff.password", {"staff": str(staff_id)}, work)


def _stay(
    kind: str,
    body: dict[str, Any],
    work: Any,  # noqa: ANN401 - see `act`
    *,
    form: dict[str, str] | None = None,
) -> AnyResponse:
    try:
        act(kind, body, work)
    except Refusal as refusal:
        return _page(refusal=refusal, form=form)
    return to("office.people")


def _page(*, refusal: Refusal | None = None, form: dict[str, str] | None = None) -> Response:
    here = terms()
    with service().db.read() as tx:
        rows = [
            (row, staff.roles_of(tx, here.community.id, int(row.staff_id)))
            for row in staff.all_staff(tx, here.community.id)
        ]
    shops = {shop.merchant_id: f"{shop.code} {shop.name}" for shop in here.merchants.values()}
    return office_page(
        "office/people.html",
        refusal=refusal,
        people=[_line(row, roles, shops) for row, roles in rows],
        shops=sorted(shops.items(), key=lambda shop: shop[1]),
        form=form or {},
    )


def _line(row: Any, roles: frozenset[str], shops: dict[int, str]) -> dict[str, Any]:  # noqa: ANN401 - a row of all_staff
    state = word(STAFF_STATES, row.state)
    is_staff = row.merchant_id is None
    return {
        "staff_id": int(row.staff_id),
        "login": row.login,
        "name": row.name or row.login,
        "shop": None if is_staff else shops.get(int(row.merchant_id), ""),
        "is_oneself": actor().kind == "staff" and int(row.staff_id) == actor().id,
        "is_active": row.state == "active",
        "state": say(state.text),
        "tone": state.tone,
        "held": [_choice(role) for role in STAFF_ROLES if role in roles],
        "free": [_choice(role) for role in STAFF_ROLES if role not in roles] if is_staff else [],
    }


def _choice(role: str) -> dict[str, str]:
    return {"value": role, "name": say(word(ROLES, role).text)}
