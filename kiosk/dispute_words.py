"""A disputed line in words, for the shop's page and the office's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from kiosk.page_words import Word, word
from kiosk.pages import say
from kiosk.texts import mark
from ledger.sql import Row
from settlement.dispute_life import VERB_NAMES, State, Verb
from settlement.dispute_store import Dispute
from settlement.state_names import STATE_NAMES

_TONES: Final = {
    "raised": "wait",
    "evidence_due": "wait",
    "under_review": "wait",
    "ruling_proposed": "wait",
    "upheld": "good",
    "rejected": "bad",
    "split": "good",
    "appealed": "wait",
    "final": "",
}
_STATES: Final = {state: Word(STATE_NAMES[state], tone) for state, tone in _TONES.items()}
_WHO: Final = {
    "merchant": mark("shop"),
    "staff": mark("office"),
    "job": mark("the days that passed"),
}


def dispute_view(dispute: Dispute, steps: Sequence[Row], *, number: str) -> dict[str, Any]:
    """What a page shows of a disputed line; amounts in fen, `number` the printed number of its statement."""
    state = word(_STATES, dispute.state)
    return {
        **dispute._asdict(),
        "statement_number": number,
        "state_text": say(state.text),
        "outcome_text": say(STATE_NAMES[dispute.outcome]) if dispute.outcome else "",
        "tone": state.tone,
        "may_answer": dispute.state == State.EVIDENCE_DUE,
        "may_present": dispute.state in {State.REJECTED, State.SPLIT} and not dispute.appealed,
        "steps": [step_view(step) for step in steps],
        "last_fen": steps[-1].fen if steps else 0,
    }


def step_view(step: Row) -> dict[str, Any]:
    """One step: who did what when, and in which words."""
    return {
        "name": say(VERB_NAMES[Verb(step.verb)]),
        "who": say(_WHO.get(step.by_kind, step.by_kind)),
        "at": step.at,
        "fen": step.fen if step.txn_id is not None else None,
        "note": step.note,
        "step_no": step.step_no,
        "is_office": step.by_kind == "staff",
    }
