"""A difference in words: what it is, how old, what a decision would do."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from kiosk.page_words import DIFFERENCE_STATES, ROLES, word
from kiosk.pages import say, whole_points, yuan
from kiosk.texts import mark
from ledger.earning.calendar import day_from_key
from ledger.sql import Row
from settlement.ageing import STEP_NAMES, role_in_charge
from settlement.ageing_run import reached_by
from settlement.choices import Choice, Effect, effect_of
from settlement.discrepancies import UNSETTLED, age_days, facts_of
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
    Choice.ASK_SHOP: (
        mark("The receipt is needed."),
        mark("It is not clear what happened."),
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
        "in_charge": say(word(ROLES, role).text) if row.state in UNSETTLED else "",
        "due": int(row.due_date),
        "steps": [say(STEP_NAMES[step]) for step in reached],
    }


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


def effect_sentence(row: Row, choice: Choice) -> tuple[str, bool]:
    """What a decision would do to what the shop is owed, and whether it takes two."""
    if choice is Choice.ASK_SHOP:
        return say(mark("Nothing is paid yet. The shop sees the question on its page.")), False
    if Code(row.code) is Code.C1:
        return say(mark("All that is booked for this day is paid as booked.")), False
    effect = effect_of(facts_of(row), choice)
    return _owed_sentence(effect), effect.second_person


def _owed_sentence(effect: Effect) -> str:
    if effect.payable_fen > 0:
        said = mark("The shop is owed {yuan} yuan more.")
    elif effect.payable_fen < 0:
        said = mark("The shop is owed {yuan} yuan less.")
    else:
        said = mark("What the shop is owed stays as it is.")
    return say(said).format(yuan=yuan(abs(effect.payable_fen)))


def _side(kind: str | None, fen: Any, units: Any, at: Any) -> Side | None:  # noqa: ANN401 - columns that may be empty
    if fen is None:
        return None
    return Side(say(_ENTRY_KINDS.get(kind or "", "")), int(fen), int(units or 0), int(at or 0))
