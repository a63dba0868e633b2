"""Shops: taken in, agreements by date, places, tills and their one-time codes."""

from __future__ import annotations

from typing import Any, Final

from flask import Response, request
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow, terms
from kiosk.context import service
from kiosk.forms import act, day, hundredths, me, needed, number, text
from kiosk.office.figures import offsets_left
from kiosk.office.frame import bp, can, office_page, to
from kiosk.page_words import (
    PROOFS,
    SHOP_ROLES,
    SHOP_STATES,
    TERMINAL_KINDS,
    TERMINAL_STATES,
    Word,
    word,
)
from kiosk.pages import say, yuan
from kiosk.texts import mark
from ledger.book.shops import owed_to
from ledger.errors import Refusal
from ledger.members import agreements, clerks, merchants, payout_accounts, terminals
from ledger.members.agreements import Agreement
from ledger.members.masking import mask_account
from ledger.members.payout_accounts import PayoutAccount
from ledger.members.terms import Terms
from ledger.sql import Tx
from pos.desk import day_of
from settlement.shop_money import money_of
from settlement.terms_notice import coming_terms


@bp.get("/shops", endpoint="merchants")
@allow("office.read")
def merchants_list() -> Response:
    """Every shop with its agreement of today and what it is owed."""
    return _list_page()


@bp.post("/shops")
@allow("shop.write")
def open_merchant() -> AnyResponse:
    """Take a shop in, with its first place."""
    here = actor().community_id
    form = {name: text(name) for name in ("code", "name", "category")}

    def work(tx: Tx, at: int) -> dict[str, Any]:
        code, name = needed("code").upper(), needed("name")
        merchant_id = merchants.open_merchant(
            tx, here, code=code, name=name, category=needed("category"), by=me(), at=at
        )
        merchants.open_branch(tx, here, merchant_id, code="1", name=name, by=me(), at=at)
        return {"merchant_id": str(merchant_id)}

    try:
        done = act("shop", form, work)
    except Refusal as refusal:
        return _list_page(refusal=refusal, form=form)
    return to("office.merchant", merchant_id=int(done["merchant_id"]))


@bp.get("/shops/<int:merchant_id>")
@allow("office.read")
def merchant(merchant_id: int) -> Response:
    """One shop: agreements, places, tills."""
    return _shop_page(merchant_id)


@bp.post("/shops/<int:merchant_id>/state")
@allow("shop.write")
def merchant_state(merchant_id: int) -> AnyResponse:
    """Suspend a shop, take it back, or note that it left."""
    here, wanted = actor().community_id, needed("state")

    def work(tx: Tx, at: int) -> None:
        merchants.set_state(tx, here, merchant_id, wanted, by=me(), at=at)

    return _stay(merchant_id, "done", "shop.state", {"to": wanted}, work)


@bp.post("/shops/<int:merchant_id>/agreements")
@allow("shop.write")
def sign_agreement(merchant_id: int) -> AnyResponse:
    """Put an agreement in force; the one before ends on the day before."""
    here = actor().community_id
    form: dict[str, Any] = {name: text(name) for name in _AGREEMENT_FIELDS}
    form["roles"] = request.form.getlist("roles")

    def work(tx: Tx, at: int) -> None:
        signed = Agreement(
            merchant_id=merchant_id,
            effective_from=day("effective_from"),
            effective_to=day("effective_to") if text("effective_to") else None,
            agreement_no=needed("agreement_no"),
            roles=frozenset(form["roles"]),
            proof=needed("proof"),
            proof_days=number("proof_days"),
            allowance_day_fen=hundredths("allowance"),
            cofund_bp=hundredths("cofund") if text("cofund") else 0,
        )
        agreements.sign_agreement(tx, here, signed, by=me(), at=at)

    return _stay(merchant_id, "signed", "agreement", form, work)


_AGREEMENT_FIELDS: Final = (
    "agreement_no", "effective_from", "effective_to", "proof", "proof_days", "allowance", "cofund",
)  # fmt: skip


@bp.post("/shops/<int:merchant_id>/places")
@allow("shop.write")
def open_branch(merchant_id: int) -> AnyResponse:
    """Open one more place of a shop."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        merchants.open_branch(
            tx, here, merchant_id, code=needed("code").upper(), name=needed("name"), by=me(), at=at
        )

    return _stay(merchant_id, "done", "branch", {"code": text("code"), "name": text("name")}, work)


@bp.post("/shops/<int:merchant_id>/tills")
@allow("shop.write")
def open_terminal(merchant_id: int) -> AnyResponse:
    """Open a till or counter at one of the shop's places."""
    here, branch_id = actor().community_id, number("branch_id")

    def work(tx: Tx, at: int) -> None:
        own = [
            row.branch_id
            for row in merchants.all_branches(tx, here)
            if row.merchant_id == merchant_id
        ]
        if branch_id not in own:
            raise Refusal("branch_not_found")
        terminals.open_terminal(
            tx, here, branch_id, code=needed("code").upper(), kind=needed("kind"), by=me(), at=at
        )

    body = {"branch": str(branch_id), "code": text("code"), "kind": text("kind")}
    return _stay(merchant_id, "done", "terminal", body, work)


@bp.post("/shops/<int:merchant_id>/tills/<int:terminal_id>/code")
@allow("shop.write")
def enrolment_code(merchant_id: int, terminal_id: int) -> AnyResponse:
    """Make the code with which one tablet becomes this till, and show it this once."""
    here = actor().community_id
    made: dict[str, Any] = {}

    def work(tx: Tx, at: int) -> None:
        found = _own_terminal(tx, here, merchant_id, terminal_id)
        # Not in the answer: an answer is kept, and of the code only its hash may be.
        made["code"] = terminals.make_enrolment_code(tx, here, terminal_id, by=me(), at=at)
        made["terminal_code"] = found.code
        made["has_sold"] = found.public_jwk is not None

    try:
        act("enrolment", {"terminal_id": str(terminal_id)}, work)
    except Refusal as refusal:
        return _shop_page(merchant_id, refusal=refusal)
    shown = {**made, "minutes": terms().settings.enrolment_minutes} if "code" in made else None
    return _shop_page(merchant_id, enrolment=shown)


@bp.post("/shops/<int:merchant_id>/tills/<int:terminal_id>/revoke")
@allow("shop.write")
def revoke_terminal(merchant_id: int, terminal_id: int) -> AnyResponse:
    """Take a till out of service at once."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> None:
        _own_terminal(tx, here, merchant_id, terminal_id)
        terminals.revoke(tx, here, terminal_id, by=me(), at=at)

    return _stay(merchant_id, "done", "revoke", {"terminal_id": str(terminal_id)}, work)


@bp.post("/shops/<int:merchant_id>/clerks")
@allow("shop.write")
def add_clerk(merchant_id: int) -> AnyResponse:
    """Give the shop one more clerk with a four-digit code."""
    here, by = actor().community_id, me()
    code, pepper, cost = request.form.get("code", ""), service().pepper, service().hash_cost

    def work(tx: Tx, at: int) -> None:
        clerks.add_clerk(
            tx,
            here,
            merchant_id,
            label=needed("label"),
            code=code,
            pepper=pepper,
            by=by,
            at=at,
            cost=cost,
        )

    # The digits stay out of the body: a hash over four of them is no secret.
    return _stay(merchant_id, "done", "clerk", {"label": text("label")}, work)


@bp.post("/shops/<int:merchant_id>/clerks/<int:clerk_id>")
@allow("shop.write")
def change_clerk(merchant_id: int, clerk_id: int) -> AnyResponse:
    """Give a clerk a new code, let a clerk go, or take one back."""
    here, by, state = actor().community_id, me(), text("state")
    code, pepper, cost = request.form.get("code", ""), service().pepper, service().hash_cost

    def work(tx: Tx, at: int) -> None:
        own = [row for row in clerks.all_clerks(tx, here) if row.merchant_id == merchant_id]
        if clerk_id not in {row.clerk_id for row in own}:
            raise Refusal("clerk_not_found")
        if not state:
            clerks.set_code(tx, here, clerk_id, code, pepper=pepper, by=by, at=at, cost=cost)
        elif state in clerks.STATES:
            clerks.set_state(tx, here, clerk_id, state, by=by, at=at)

    return _stay(merchant_id, "done", "clerk.change", {"clerk": str(clerk_id), "to": state}, work)


@bp.post("/shops/<int:merchant_id>/account")
@allow("shop.write")
def propose_account(merchant_id: int) -> AnyResponse:
    """Propose where the shop's money goes; it is used once a second person has agreed."""
    here, by = actor().community_id, me()

    def work(tx: Tx, at: int) -> None:
        account = PayoutAccount(
            needed("holder"), needed("bank"), "".join(needed("account_no").split())
        )
        payout_accounts.propose(tx, here, merchant_id, account, by=by, at=at)

    # The number stays out of the body: it stands in no log and in no kept request.
    return _stay(merchant_id, "account", "account", {"bank": text("bank")}, work)


def _own_terminal(tx: Tx, here: int, merchant_id: int, terminal_id: int) -> terminals.Terminal:
    found = terminals.get_terminal(tx, here, terminal_id)
    if found.merchant_id != merchant_id:
        raise Refusal("terminal_not_found")
    return found


def _stay(merchant_id: int, said: str, kind: str, body: dict[str, Any], work: Any) -> AnyResponse:  # noqa: ANN401
    try:
        act(kind, {"merchant_id": str(merchant_id), **body}, work)
    except Refusal as refusal:
        return _shop_page(merchant_id, refusal=refusal)
    return to("office.merchant", said, merchant_id=merchant_id)


def _list_page(*, refusal: Refusal | None = None, form: dict[str, str] | None = None) -> Response:
    here = terms()
    today = day_of(here, service().now())
    with service().db.read() as tx:
        rows = [_row(tx, here, shop, today) for shop in here.merchants.values()]
    return office_page(
        "office/merchants.html",
        refusal=refusal,
        merchants=rows,
        categories=_categories(here, today),
        form=form or {},
        may_change=can("shop.write"),
    )


def _categories(here: Terms, today: int) -> tuple[str, ...]:
    chosen = here.scheme_on(today).merchants
    return () if chosen is None else chosen.categories


def _row(tx: Tx, here: Terms, shop: merchants.Merchant, today: int) -> dict[str, Any]:
    state = word(SHOP_STATES, shop.state)
    agreement = here.agreement_on(shop.merchant_id, today)
    return {
        "merchant_id": shop.merchant_id,
        "code": shop.code,
        "name": shop.name,
        "category": shop.category,
        "agreement": agreement.agreement_no if agreement else "",
        "owed_fen": owed_to(tx, here.community.id, shop.merchant_id),
        "state": say(state.text),
        "tone": state.tone,
    }


def _shop_page(
    merchant_id: int,
    *,
    refusal: Refusal | None = None,
    enrolment: dict[str, Any] | None = None,
) -> Response:
    here = terms()
    today = day_of(here, service().now())
    shop = here.merchant(merchant_id)
    state = word(SHOP_STATES, shop.state)
    with service().db.read() as tx:
        owed = owed_to(tx, here.community.id, merchant_id)
        account = payout_accounts.find_at(tx, here.community.id, merchant_id, at=service().now())
        cover = offsets_left(tx, here, merchant_id, today)
        money = money_of(tx, here.community.id, merchant_id, today=today)
        coming = coming_terms(tx, here.community.id, merchant_id, today=today)
    return office_page(
        "office/merchant.html",
        refusal=refusal,
        enrolment=enrolment,
        shop=shop,
        state=say(state.text),
        tone=state.tone,
        states=[{**one, "name": say(one["name"])} for one in _STATE_ACTS.get(shop.state, ())],
        owed_fen=owed,
        cover_fen=cover,
        money=money,
        coming=coming,
        account=account and {"bank": account.bank, "tail": mask_account(account.account_no)},
        agreements=_agreements(here, merchant_id, today),
        branches=_branches(here, merchant_id),
        clerks=[row for row in here.clerks.values() if row.merchant_id == merchant_id],
        roles=_choices(SHOP_ROLES),
        proofs=_choices(PROOFS),
        kinds=_choices({kind: TERMINAL_KINDS[kind] for kind in terminals.KINDS}),
        form=request.form.to_dict() | {"roles": request.form.getlist("roles")},
        may_change=can("shop.write"),
    )


_STATE_ACTS: Final = {
    "active": (
        {"state": "suspended", "name": mark("Suspend this shop"), "look": "secondary outline"},
    ),
    "suspended": ({"state": "active", "name": mark("Take back into the programme"), "look": ""},),
}


def _agreements(here: Terms, merchant_id: int, today: int) -> list[dict[str, Any]]:
    rows = here.agreements.get(merchant_id, ())
    return [
        {
            "agreement_no": row.agreement_no,
            "effective_from": row.effective_from,
            "effective_to": row.effective_to,
            "roles": say(mark(", ")).join(
                say(word(SHOP_ROLES, role).text) for role in SHOP_ROLES if role in row.roles
            ),
            "proof": say(word(PROOFS, row.proof).text),
            "allowance_day_fen": row.allowance_day_fen,
            "share": yuan(row.cofund_bp),
            "now": row.covers(today),
        }
        for row in rows
    ]


def _branches(here: Terms, merchant_id: int) -> list[dict[str, Any]]:
    return [
        {
            "branch_id": branch.branch_id,
            "code": branch.code,
            "name": branch.name,
            "tills": [
                _till(row) for row in here.terminals.values() if row.branch_id == branch.branch_id
            ],
        }
        for branch in here.branches.values()
        if branch.merchant_id == merchant_id
    ]


def _till(row: terminals.Terminal) -> dict[str, Any]:
    state = word(TERMINAL_STATES, row.state)
    return {
        "terminal_id": row.terminal_id,
        "code": row.code,
        "kind": say(word(TERMINAL_KINDS, row.kind).text),
        "state": say(state.text),
        "tone": state.tone,
        "can_revoke": row.state != "revoked",
    }


def _choices(words: dict[str, Word]) -> list[dict[str, str]]:
    return [{"value": value, "name": say(shown.text)} for value, shown in words.items()]
