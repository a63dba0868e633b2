"""Who did what: the record of acts, newest first."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Response, request, url_for

from kiosk.auth import actor, allow
from kiosk.context import service
from kiosk.office.frame import bp, office_page
from kiosk.pages import say
from kiosk.texts import mark
from ledger import audit
from ledger.members import staff

_PAGE: Final = 50
_KINDS: Final = {
    "job": mark("the server"),
    "terminal": mark("a till"),
    "clerk": mark("a clerk"),
    "resident": mark("a resident"),
    "merchant": mark("a shop owner"),
}


@bp.get("/audit")
@allow("audit.read")
def audit_list() -> Response:
    """One page of the record."""
    here = actor().community_id
    before = request.args.get("before", 2**63 - 1, int)
    with service().db.read() as tx:
        rows = audit.newest(tx, here, before_id=before, limit=_PAGE)
        names = {int(row.staff_id): row.name or row.login for row in staff.all_staff(tx, here)}
    older = url_for("office.audit_list", before=rows[-1].audit_id) if len(rows) == _PAGE else None
    return office_page(
        "office/audit.html", acts=[_line(row, names) for row in rows], next_page=older
    )


def _line(row: Any, names: dict[int, str]) -> dict[str, Any]:  # noqa: ANN401 - a row of the audit
    who = names.get(int(row.actor_id)) if row.actor_kind in {"staff", "merchant"} else None
    return {
        "at": int(row.at),
        "who": who or say(_KINDS.get(row.actor_kind, row.actor_kind)),
        "act": row.act,
        "subject": row.subject,
        "changes": _changes(row.before, row.after),
    }


def _changes(before: str, after: str) -> list[str]:
    was = json.loads(before) if before else {}
    now = json.loads(after) if after else {}
    return [
        f"{name}: {was[name]} → {now.get(name)}" if name in was else f"{name}: {now[name]}"
        for name in sorted({*was, *now})
    ]
