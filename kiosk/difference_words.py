"""A difference in words: what it is, how old, what a decision would do."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from kiosk.page_words import DIFFERENCE_STATES, ROLES, word
from kiosk.pages import day_text, say, whole_points, yuan
from kiosk.texts import mark
from ledger.earning.calendar import day_from_key
from ledger.sql import Row
from settlement.ageing import STEP_NAMES, Step, role_in_charge
from settlement.ageing_run import reached_by
from settlement.choices import Choice
from settlement.discrepancies import UNSETTLED, age_days
from settlement.handling import HANDLING, SEVERITY_NAMES, severity_of
from settlement.state_names import state_name, verdict_name
from settlement.verdicts import RULES, Code

REASONS: Final = {
    Choice.PAY_BOOKED: (
        mark("The receipt shows what the book says."),
        mark("The shop made a mistake in its claim."),
        mark("The shop has agreed."),
    ),
    Choice.PAY_CLAIMED: (
        mark("The receipt shows what the shop claims."),
        mark("The till could not reach the community that day."),
    ),
    Choice.CREDIT_LATE: (
        mark("The bill shows the payment."),
        mark("The customer has brought the receipt."),
    ),
    Choice.ASK_SHOP: (
        mark("The receipt is needed."),
        mark("It is not clear what happened."),
    ),
}
_REASONS_BY_CODE: Final = {
    # The shop filed nothing, so there is no claim it could have made a mistake in.
    (Code.X2, Choice.PAY_BOOKED): (
        mark("The receipt shows what the book says."),
        mark("The shop forgot to claim it."),
        mark("The shop has agreed."),
    ),
}
_ENTRY_KINDS: Final = {
    "sale": mark("purchase"),
    "refund": mark("refund of goods"),
    "bill": mark("fee bill"),
    "payout": mark("payout"),
}
_OTHER_USES: Final = {
    "NO_OTHER": mark("none within a day"),
    "CARD_REPORTED": mark("the card had been reported; the community bears it"),
}
_AFTER: Final = {
    "decided": mark("Decided and written down."),
    "asked": mark("The shop is asked. The difference waits for its answer."),
    "proposed": mark("Proposed. A second person has to agree."),
    "open": mark("Refused. Nothing was changed."),
}


def reasons_for(code: str, choice: Choice) -> list[str]:
    """The reasons offered for a decision on a verdict, to be taken with one press."""
    return [say(reason) for reason in _REASONS_BY_CODE.get((Code(code), choice), REASONS[choice])]


class Side(NamedTuple):
    """One of the two sides, in fen and units."""

    kind: str
    fen: int
    units: int
    at: int


class View(NamedTuple):
    """A difference as the page shows it."""

    name: str
    first_action: str
    state: str
    tone: str
    booked: Side | None
    claimed: Side | None
    decision: str
    reason: str
    said_after: str
    row: Row

    def age_on(self, today: int) -> str:
        """How long it has waited."""
        days = age_days(self.row, today)
        if days < 1:
            return say(mark("found today"))
        return say(mark("found {days} days ago")).format(days=days)


def handling_of(row: Row, today: int) -> dict[str, Any]:
    """How grave it is, who sees to it, until when, and what it has come to by waiting (`today` as yyyymmdd)."""
    code = Code(row.code)
    reached = reached_by(row, day_from_key(today)) if row.state in UNSETTLED else ()
    role = role_in_charge(HANDLING[code].owner_role, reached)
    return {
        "severity": say(SEVERITY_NAMES[severity_of(code)]),
        "in_charge": _in_charge(row, say(word(ROLES, role).text)),
        # Whose turn it is stands in words beside it: that nobody has taken it is said there, once.
        "steps": [say(STEP_NAMES[step]) for step in reached if step is not Step.UNOWNED],
    }


def _in_charge(row: Row, role: str) -> str:
    """Whose turn it is and until when: one sentence, so that no two of them can contradict each other."""
    if row.state not in UNSETTLED:
        return ""
    day = day_text(int(row.due_date))
    if row.state == "asked":
        return say(mark("The shop is to answer until {day}; then it is for the {role}")).format(
            role=role, day=day
        )
    if row.owner_id is not None:
        return say(mark("Taken by a colleague, for the {role}: answer until {day}")).format(
            role=role, day=day
        )
    return say(mark("For the {role}, nobody has taken it yet: answer until {day}")).format(
        role=role, day=day
    )


def view_of(row: Row) -> View:
    """Everything of a row that is words."""
    code = Code(row.code)
    rule, state = RULES[code], word(DIFFERENCE_STATES, row.state)
    return View(
        name=verdict_name(say, row.code, row.sub_code),
        first_action=say(rule.first_action),
        state=say(state.text),
        tone=state.tone,
        booked=_side(row.booked_kind, row.booked_fen, row.booked_units, row.booked_at),
        claimed=_side(row.claimed_kind, row.claimed_fen, row.claimed_units, row.claimed_at),
        decision=state_name(say, row.decision or ""),
        reason=row.reason,
        said_after=_AFTER.get(row.state, ""),
        row=row,
    )


def gap_sentence(row: Row) -> str:
    """What the difference is about, plus and minus apart; for points let go twice, how many and where else."""
    if Code(row.code) is Code.A3 and row.claimed_fen is None:
        return say(
            mark(
                "{points} points were taken on a code used before: {slip}. The community bears it."
            )
        ).format(points=whole_points(row.rest_units), slip=row.sub_code)
    if row.sub_code in _OTHER_USES or (Code(row.code) is Code.A5 and row.claimed_fen is None):
        other = say(_OTHER_USES.get(row.sub_code, row.sub_code))
        return say(mark("{points} points were not there. The other use: {slip}")).format(
            points=whole_points(row.rest_units), slip=other
        )
    if row.code == Code.T3 and row.sub_code:
        return say(mark("{count} lines of this till and day")).format(count=row.sub_code)
    if row.code == Code.X4 and row.sub_code:
        said = mark(
            "Claimed {days} days after its day, later than agreed. It is paid all the same."
        )
        return say(said).format(days=row.sub_code)
    parts = []
    if row.plus_fen:
        parts.append(
            say(mark("{yuan} yuan the shop may be owed more")).format(yuan=yuan(row.plus_fen))
        )
    if row.minus_fen:
        parts.append(
            say(mark("{yuan} yuan the shop may have too much")).format(yuan=yuan(row.minus_fen))
        )
    return say(mark(", ")).join(parts) or say(mark("no amount"))


def _side(kind: str | None, fen: Any, units: Any, at: Any) -> Side | None:  # noqa: ANN401 - columns that may be empty
    if fen is None:
        return None
    return Side(say(_ENTRY_KINDS.get(kind or "", "")), int(fen), int(units or 0), int(at or 0))
