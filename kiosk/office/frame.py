"""The office's frame: its menu, which shows what the signed-in person may do, and its answers to refusals."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from flask import Blueprint, Response, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from kiosk.answers import refused
from kiosk.auth import actor, find_actor, terms
from kiosk.context import service
from kiosk.office.counts import waiting_counts
from kiosk.pages import can_say, page, say
from kiosk.recovering.banner import banner
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import staff

bp: Final = Blueprint("office", __name__, url_prefix="/office")


class _Way(NamedTuple):
    endpoint: str
    name: str
    permission: str
    group: frozenset[str] = frozenset()


_WAYS: Final = (
    _Way("office.today", mark("Today"), "office.read"),
    _Way("office.calendar", mark("Timetable"), "office.read"),
    _Way(
        "office.discrepancies",
        mark("Differences"),
        "office.read",
        frozenset({"office.desk", "office.desk_one", "office.discrepancy", "office.queue"}),
    ),
    _Way(
        "office.claims",
        mark("Claims"),
        "office.read",
        frozenset({"office.keyed", "office.keyed_list"}),
    ),
    _Way("office.slips", mark("Slip halves"), "office.read"),
    _Way("office.channel_bills", mark("Payment bills"), "office.read"),
    _Way("office.paper", mark("Paper slips"), "day.run", frozenset({"office.pad"})),
    _Way("office.bills", mark("Fee bills"), "office.read"),
    _Way("office.unproven", mark("Points without proof"), "discrepancy.decide"),
    _Way("office.watch", mark("Watch"), "discrepancy.decide"),
    _Way("office.offline", mark("Without network"), "office.read"),
    _Way("office.debts", mark("Debts without network"), "resident.read"),
    _Way("office.statements", mark("Statements"), "office.read", frozenset({"office.statement"})),
    _Way("office.objections", mark("Objections"), "office.read"),
    _Way("office.payouts", mark("Payouts"), "office.read"),
    _Way("office.reports", mark("Reports"), "office.read"),
    _Way("office.bank", mark("Bank and bookkeeping"), "office.read"),
    _Way("office.fund", mark("Fund"), "fund.write"),
    _Way("office.approvals", mark("Approvals"), "office.read"),
    _Way(
        "office.residents",
        mark("Residents"),
        "resident.read",
        frozenset({"office.resident", "office.new_resident", "office.kin", "office.mandates"}),
    ),
    _Way("office.households", mark("Households"), "resident.read"),
    _Way("office.consents", mark("Consent"), "resident.read"),
    _Way("office.cards", mark("Cards"), "card.write"),
    _Way("office.forgotten", mark("Card forgotten"), "card.write"),
    _Way("office.certificates", mark("Certificates"), "card.write"),
    _Way(
        "office.misuse",
        mark("Not used by the holder"),
        "resident.read",
        frozenset({"office.misuse_form", "office.new_misuse"}),
    ),
    _Way(
        "office.not_ours",
        mark("Purchases of another household"),
        "resident.read",
        frozenset({"office.not_ours_one", "office.new_not_ours"}),
    ),
    _Way("office.expiry", mark("Points that lapse"), "resident.read"),
    _Way("office.deductions", mark("Points taken by decision"), "grant.propose"),
    _Way(
        "office.goods",
        mark("Goods"),
        "office.read",
        frozenset({"office.good", "office.goods_till", "office.openings"}),
    ),
    _Way("office.stocktake", mark("Counts of the shelf"), "good.write"),
    _Way("office.merchants", mark("Shops"), "office.read", frozenset({"office.merchant"})),
    _Way("office.terminals", mark("Tills"), "office.read"),
    _Way("office.services", mark("Services"), "office.read"),
    _Way("office.forms", mark("Forms"), "office.read", frozenset({"office.form"})),
    _Way("office.imports", mark("Imports"), "import.write"),
    _Way("office.seal", mark("Seal"), "office.read"),
    _Way("office.scheme", mark("Rules"), "settings.read", frozenset({"office.scheme_seen"})),
    _Way("office.settings", mark("Settings"), "settings.read"),
    _Way("office.people", mark("Staff"), "staff.write"),
    _Way("office.audit_list", mark("Who did what"), "audit.read"),
)

can_say(
    {
        "done": mark("Done."),
        "decided": mark("Decided and written down."),
        "asked": mark("The shop is asked. The difference waits for its answer."),
        "proposed": mark("Proposed. A second person has to agree."),
        "approved": mark("Agreed and carried out."),
        "denied": mark("Refused. Nothing was changed."),
        "registered": mark("Registered."),
        "card_given": mark("The card is handed out and works at once."),
        "card_changed": mark("The card's state is changed; it counts from the next scan."),
        "keyed": mark("Typed in and booked."),
        "keyed_once": mark("Kept. Now the same paper is typed in a second time."),
        "keyed_agreed": mark("All lines agree and are filed."),
        "keyed_differs": mark(
            "Compared. Some lines differ still: what agrees is filed, the rest waits below."
        ),
        "keyed_closed": mark("The list is closed. What did not agree is not filed."),
        "sheet_filed": mark("The sheet fits its slips. The day is filed as claims."),
        "slips": mark("Noted. The time they promise runs from today."),
        "holder_found": mark("Found. Print a certificate, or give another card."),
        "certificate_made": mark(
            "The points are set aside. Print the certificate and hand it over."
        ),
        "certificate_cancelled": mark("Cancelled. All its points are free again."),
        "cards_made": mark("The cards are made. Print them now."),
        "forgotten": mark("Deleted. The book knows this person by number alone."),
        "pin_set": mark("The new PIN is set."),
        "kin": mark("Written down. Neither decides about the other's household."),
        "kin_ended": mark("The declaration is ended. It stays in the record."),
        "is_staff": mark(
            "Written down. They do not decide about their own household or relatives."
        ),
        "imported": mark("The whole list is taken over."),
        "settings": mark("The new settings are in force."),
        "looked": mark("Read. Nothing is adopted yet."),
        "adopted": mark("Adopted. The rules count from their first day on."),
        "signed": mark("The agreement is in force from its first day."),
        "issued": mark("The statements are issued."),
        "booked": mark("Booked."),
        "account": mark("Proposed. A second person has to agree before it is used."),
        "sent": mark("Sent to the bank."),
        "cancelled": mark("Given up. The shop is still owed the money."),
        "bank_setup": mark("Written down. Files made from now on use it."),
        "bank_not_sent": mark("Noted. What was in the file is owed again and is proposed anew."),
        "accepted": mark("Noted as accepted by the shop."),
    }
)


def can(permission: str) -> bool:
    """Whether the signed-in person may."""
    return actor().may(permission)


def office_page(
    template: str,
    *,
    refusal: Refusal | None = None,
    may_change: bool = False,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    """A page of the office with its menu."""
    who = actor()
    here = terms()
    with service().db.read() as tx:
        name = staff.name_of(tx, who.community_id, who.id)
        counts = waiting_counts(tx, who.community_id, who.id, now=service().now())
        loss = banner(tx, who.community_id)
    menu = [
        {
            "href": url_for(way.endpoint),
            "name": say(way.name),
            "here": request.endpoint == way.endpoint or request.endpoint in way.group,
            "count": counts.get(way.endpoint, 0),
        }
        for way in _WAYS
        if can(way.permission) and way.endpoint in current_app.view_functions
    ]
    return page(
        template,
        refusal=refusal,
        community_name=here.community.name,
        hotline=here.community.hotline,
        who=name,
        menu=menu,
        loss=loss,
        sign_out_url=url_for("office.sign_out"),
        may_change=may_change,
        **values,
    )


def to(endpoint: str, said: str = "done", **values: Any) -> AnyResponse:  # noqa: ANN401 - parts of the address
    """Lead to a page that says what was done; loading that page again does nothing."""
    return redirect(url_for(endpoint, said=said, **values), 303)


@bp.errorhandler(Refusal)
def say_no(refusal: Refusal) -> AnyResponse:
    """A refusal as a page of the office; before anybody is known, as everywhere."""
    if find_actor() is None:
        return refused(refusal)
    return office_page("office/problem.html", refusal=refusal, back=request.referrer)
