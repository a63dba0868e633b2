"""What the printed notice of an act says: of a night's difference, and of a step of an objection."""

from __future__ import annotations

from typing import Final

from flask import Response

from kiosk.choice_words import choice_name, verb_name
from kiosk.difference_words import gap_sentence, view_of
from kiosk.page_words import ROLES, word
from kiosk.pages import day_text, page_language, points, say, signed_yuan, yuan
from kiosk.prints.decision import Decision, Facts, draw_decision
from kiosk.texts import mark
from ledger.audit import By
from ledger.earning.calendar import business_date, day_key
from ledger.errors import Refusal
from ledger.members.terms import Terms
from ledger.sql import Row, Tx
from settlement.act_log import acts_on, role_at
from settlement.choices import Choice
from settlement.discrepancies import get_discrepancy
from settlement.dispute_life import State, Verb
from settlement.dispute_store import Dispute, get_dispute, steps_of
from settlement.objecting import Term, term_of
from settlement.state_names import STATE_NAMES
from settlement.statement_form import statement_number
from settlement.statements import get_statement
from settlement.verdicts import Code

_NOT_YET: Final = mark("not in effect yet, a second person has to agree")
_RULED: Final = frozenset({State.UPHELD, State.REJECTED, State.SPLIT})


def difference_notice(tx: Tx, here: Terms, number: int, act_no: int, *, shop: int | None) -> bytes:
    """The PDF of one act on a difference; `shop`: whose page asks, None for the office.

    Refuses: discrepancy_not_found (another shop's too, and an act that is not there).
    """
    row = get_discrepancy(tx, here.community.id, number)
    act = next((a for a in acts_on(tx, here.community.id, number) if a.act_no == act_no), None)
    if act is None or act.by_kind != "staff" or shop not in {None, int(row.claimant_id)}:
        raise Refusal("discrepancy_not_found")
    notice = Decision(
        title=_title(mark("Notice about a difference"), waits=_waits(row, act)),
        number=f"{number}-{act_no}",
        shop=f"{row.merchant_code or ''} {row.merchant_name or ''}".strip(),
        found=_found(here, row),
        decided=_decided(here, row, act),
        sums=_sums(here, act),
        object_how=_object_how(tx, here, row, act),
    )
    return _drawn(here, notice)


def dispute_notice(
    tx: Tx, here: Terms, dispute_id: int, step_no: int, *, shop: int | None
) -> bytes:
    """The PDF of one step the office took with a line in dispute; `shop` as in `difference_notice`.

    Refuses: dispute_not_found (another shop's too, and a step that is not the office's).
    """
    found = get_dispute(tx, here.community.id, dispute_id)
    steps = steps_of(tx, here.community.id, dispute_id)
    step = next((one for one in steps if one.step_no == step_no), None)
    if step is None or step.by_kind != "staff" or shop not in {None, found.claimant_id}:
        raise Refusal("dispute_not_found")
    merchant = here.merchant(found.claimant_id)
    statement = get_statement(tx, here.community.id, found.statement_id)
    last = step.step_no == steps[-1].step_no
    where = statement_number(merchant.code, statement.statement_no)
    notice = Decision(
        title=_title(
            mark("Notice about an objection"), waits=last and step.state == State.PROPOSED
        ),
        number=f"{where}-{found.row_no}-{step_no}",
        shop=f"{merchant.code} {merchant.name}",
        found=_disputed(found, where),
        decided=_ruled(tx, here, found, step, is_last=last),
        sums=_ruling_sums(found, step),
        object_how=_appeal(found, step, is_last=last),
    )
    return _drawn(here, notice)


def _waits(row: Row, act: Row) -> bool:
    """Whether the act was proposed and nobody has agreed to it yet."""
    return bool(act.state == "proposed" and row.state == "proposed")


def _title(name: str, *, waits: bool) -> str:
    """The notice's title; what a second person has not agreed to says so, for the page is taken for a decision else."""
    return f"{say(name)}{say(mark(': '))}{say(_NOT_YET)}" if waits else say(name)


def as_pdf(body: bytes, name: str) -> Response:
    """A notice as an answer to download."""
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def _drawn(here: Terms, notice: Decision) -> bytes:
    return draw_decision(
        notice,
        community=here.community.name,
        hotline=here.community.hotline,
        language=page_language(),
    )


def _found(here: Terms, row: Row) -> Facts:
    view = view_of(row)
    # What is booked under it is another shop's, and no matter of this one's.
    booked = None if row.code == Code.T1 else view.booked
    till = here.terminals.get(int(row.terminal_id))
    facts = [
        (say(mark("Kind")), f"{row.code} {view.name}"),
        (say(mark("Business day")), day_text(int(row.business_date))),
    ]
    if till is not None and row.code != Code.T1:
        facts.append((say(mark("Till")), till.code))
    if row.ref:
        facts.append((say(mark("Receipt")), row.ref))
    if booked is not None:
        facts.append((say(mark("Community's book")), _both(here, booked.fen, booked.units)))
    if view.claimed is not None:
        claimed = _both(here, view.claimed.fen, view.claimed.units)
        facts.append((say(mark("Your claim")), claimed))
    if row.code not in {Code.T1, Code.A2, Code.A5}:
        facts.append((say(mark("Differs by")), gap_sentence(row)))
    return facts


def _both(here: Terms, fen: int, units: int) -> str:
    said = f"{yuan(fen)} {say(mark('yuan'))}"
    if not units:
        return said
    return f"{said}{say(mark(', '))}{points(units, here.shown.precision)} {say(mark('points'))}"


def _decided(here: Terms, row: Row, act: Row) -> Facts:
    facts = [(say(mark("Decision")), choice_name(row.code, Choice(act.choice)))]
    if _waits(row, act):
        facts.insert(0, (say(mark("State")), say(_NOT_YET)))
    if act.verb == Verb.TURN_DOWN:
        facts = [(say(mark("Decision")), verb_name(act.verb))]
    facts.append((say(mark("Kept as")), verb_name(act.verb)))
    facts.append((say(mark("Reason")), act.note or row.reason))
    facts.append((say(mark("Decided by")), _role(act.role)))
    facts.append((say(mark("Decided on")), _day(here, int(act.at))))
    return facts


def _sums(here: Terms, act: Row) -> Facts:
    owed = say(mark("What the community owes you"))
    if act.state == "asked":
        return [(owed, say(mark("unchanged until you have answered")))]
    if act.state == "open":
        return [(owed, say(mark("unchanged: the difference is looked at again")))]
    change = say(mark("unchanged"))
    if act.fen:
        change = f"{signed_yuan(int(act.fen))} {say(mark('yuan'))}"
    facts = [(owed, change)]
    if act.units:
        told = f"{points(abs(int(act.units)), here.shown.precision)} {say(mark('points'))}"
        name = mark("Points settled with it")
        if act.choice == Choice.CREDIT_LATE:
            name = mark("The customer gets")
        facts.append((say(name), told))
    if act.state == "proposed":
        facts.append((say(mark("Counts")), say(mark("once a second person has agreed"))))
    return facts


def _object_how(tx: Tx, here: Terms, row: Row, act: Row) -> str:
    if act.state == "asked":
        return say(
            mark(
                "Answer until {day}: on your shop's page, or bring the receipt to the office. "
                "Without an answer the office decides by the book."
            )
        ).format(day=day_text(int(act.due_date)))
    if act.state != "decided":
        return say(mark("Nothing is decided yet. You get another notice."))
    day = day_key(business_date(int(act.at), here.community.timezone))
    term = term_of(tx, here.community.id, int(row.claimant_id), day)
    return _term_sentence(term)


def _term_sentence(term: Term) -> str:
    if term.until_date:
        said = mark(
            "Object until {day}: on your shop's page, at this line of the statement of {month}, or at the office. "
            "That line alone then waits; the rest is paid."
        )
        return say(said).format(day=day_text(term.until_date), month=_month(term.month))
    said = mark(
        "Object once the statement of {month} is there: on your shop's page, at this line, or at the office, "
        "within {days} working days from its issue. That line alone then waits; "
        "the rest is paid."
    )
    return say(said).format(days=term.days, month=_month(term.month))


def _month(month: int) -> str:
    return f"{month // 100:04d}-{month % 100:02d}"


def _disputed(found: Dispute, where: str) -> Facts:
    line = f"{where}{say(mark(', '))}" + (
        say(mark("line {number}")).format(number=found.row_no)
        if found.row_no
        else say(mark("missing from the statement"))
    )
    asked = say(mark("no figure named"))
    if found.asked_fen is not None:
        asked = f"{yuan(found.asked_fen)} {say(mark('yuan'))}"
    facts = [
        (say(mark("Statement")), line),
        (say(mark("Business day")), day_text(found.business_date)),
    ]
    if found.ref:
        facts.append((say(mark("Receipt")), found.ref))
    return [
        *facts,
        (say(mark("As it stands")), f"{yuan(found.booked_fen)} {say(mark('yuan'))}"),
        (say(mark("As you say")), asked),
    ]


def _ruled(tx: Tx, here: Terms, found: Dispute, step: Row, *, is_last: bool) -> Facts:
    outcome = step.state if step.state in _RULED else ""
    if is_last and step.state in {State.PROPOSED, State.FINAL}:
        outcome = found.outcome  # an earlier step's may have been ruled otherwise since
    facts = [(say(mark("Decision")), verb_name(step.verb))]
    if outcome:
        facts = [
            (say(mark("Decision")), say(STATE_NAMES[outcome])),
            (say(mark("Kept as")), verb_name(step.verb)),
        ]
    by = role_at(tx, here.community.id, By("staff", int(step.by_id)), at=int(step.at))
    facts.append((say(mark("Reason")), step.note))
    facts.append((say(mark("Decided by")), _role(by)))
    facts.append((say(mark("Decided on")), _day(here, int(step.at))))
    return facts


def _ruling_sums(found: Dispute, step: Row) -> Facts:
    owed = say(mark("What the community owes you"))
    if step.state == State.EVIDENCE_DUE:
        return [(owed, say(mark("unchanged until you have answered")))]
    if step.state == State.UNDER_REVIEW:
        return [(owed, say(mark("unchanged: the difference is looked at again")))]
    change = say(mark("unchanged"))
    if step.fen:
        change = f"{signed_yuan(int(step.fen))} {say(mark('yuan'))}"
    facts = [(owed, change)]
    if step.state == State.PROPOSED:
        facts.append((say(mark("Counts")), say(mark("once a second person has agreed"))))
    elif not found.held_fen:
        facts.append((say(mark("Held back for it")), say(mark("nothing any more"))))
    return facts


def _appeal(found: Dispute, step: Row, *, is_last: bool) -> str:
    until = found.due_date if is_last else None
    if step.state == State.EVIDENCE_DUE:
        said = mark(
            "Answer on your shop's page or at the office{until}. Without an answer the office decides by what it has."
        )
        return say(said).format(until=_until(until))
    if step.state in {State.REJECTED, State.SPLIT}:
        said = mark(
            "You can present the line again once, with evidence: on your shop's page or at the office{until}. "
            "What is ruled then is final."
        )
        return say(said).format(until=_until(until))
    if step.state == State.FINAL:
        return say(mark("This ruling is final. The community office explains it to you."))
    return say(mark("Nothing is decided yet. You get another notice."))


def _until(day: int | None) -> str:
    return say(mark(", until {day}")).format(day=day_text(day)) if day else ""


def _role(role: str) -> str:
    return say(word(ROLES, role).text) if role else say(mark("office"))


def _day(here: Terms, at: int) -> str:
    return day_text(day_key(business_date(at, here.community.timezone)))
