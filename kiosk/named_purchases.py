"""Purchases ticked on a form of the office or of a resident's own page, taken in once.

What was told about them stays out of what is kept of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kiosk.auth import terms
from kiosk.forms import act, me, request_id, text, ticked
from ledger.earning.working_days import working_days_cn
from ledger.sql import Tx
from pos.desk import day_of
from pos.misuse.report import Report, take_report
from settlement.wrong_household import Named, say_not_ours

_About = dict[str, str]
_Work = Callable[[Tx, int, tuple[int, ...]], dict[str, Any]]


def take_misuse_form(kind: str, person_id: int, about: _About) -> int:
    """Take in which purchases the holder did not make; the form's number. What else the form said is `about`.

    Refuses: form_stale, and as `take_report`.
    """
    here, by = terms(), me()

    def work(tx: Tx, at: int, chosen: tuple[int, ...]) -> dict[str, Any]:
        asked = Report(person_id, chosen, text("told"), request_id())
        form_id = take_report(
            tx,
            here.community.id,
            asked,
            working=working_days_cn(),
            today=day_of(here, at),
            by=by,
            at=at,
        )
        return {"form_id": str(form_id)}

    return int(_take(kind, about, work)["form_id"])


def take_not_ours_form(kind: str, person_id: int, about: _About) -> int:
    """Take in which purchases are another household's; the first difference's number. `about` as above.

    Refuses: form_stale, and as `say_not_ours`.
    """
    here, by = terms().community.id, me()

    def work(tx: Tx, at: int, chosen: tuple[int, ...]) -> dict[str, Any]:
        named = Named(person_id, chosen, text("told"))
        return {"numbers": [str(one) for one in say_not_ours(tx, here, named, by=by, at=at)]}

    return int(_take(kind, about, work)["numbers"][0])


def _take(kind: str, about: _About, work: _Work) -> dict[str, Any]:
    chosen = ticked("entry")
    body = {**about, "entries": [str(one) for one in chosen]}
    done: dict[str, Any] = act(kind, body, lambda tx, at: work(tx, at, chosen))
    return done
