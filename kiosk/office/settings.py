"""What the community chooses for itself, every version with its reason."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, Final, NamedTuple

from flask import Response
from werkzeug.wrappers import Response as AnyResponse

from kiosk.auth import actor, allow
from kiosk.context import service
from kiosk.forms import act, hundredths_from, me, needed, number, text
from kiosk.office.frame import bp, can, office_page, to
from kiosk.pages import say, whole_points, yuan
from kiosk.texts import mark
from ledger.errors import Refusal
from ledger.members import settings, staff
from ledger.members.settings import CommunitySettings
from ledger.sql import Tx


class _Field(NamedTuple):
    key: str
    name: str


_GROUPS: Final = (
    (
        mark("What a resident may spend"),
        (
            _Field("pin_above_units_card", mark("Printed card: points a day without PIN")),
            _Field("pin_above_units_dyn", mark("Phone code: points a day without PIN")),
            _Field("day_units_card", mark("Printed card: points a day at most")),
            _Field("day_units_dyn", mark("Phone code: points a day at most")),
            _Field("card_pause_s", mark("Printed card: seconds between two purchases")),
            _Field("pin_tries", mark("Wrong PINs before it is locked")),
        ),
    ),
    (
        mark("The goods counter"),
        (
            _Field(
                "counter_grace_minutes",
                mark("Minutes after closing for those who stand in line"),
            ),
            _Field("order_days", mark("Days an order waits to be collected")),
            _Field("most_proxies", mark("Persons who may collect for one resident")),
            _Field("proxy_needs_mandate", mark("Only with a mandate on paper (1 yes, 0 no)")),
            _Field(
                "kiosk_idle_s", mark("Seconds without a touch before the residents' screen asks")
            ),
        ),
    ),
    (
        mark("What stands behind the shops' offsets"),
        (
            _Field("allowance_day_fen", mark("Allowance of a shop a day, yuan")),
            _Field("cover_tranche_fen", mark("Set aside at a time for a shop, yuan")),
        ),
    ),
    (
        mark("What must stand behind the points (lowered by the committee's vote alone)"),
        (
            _Field("expected_use_percent", mark("Points expected to be used, percent")),
            _Field("coverage_limit_percent", mark("Coverage demanded at least, percent")),
        ),
    ),
    (
        mark("Selling without network (off until a shop is let do it)"),
        (
            _Field("offline_sale_units", mark("Points in one sale at most")),
            _Field("offline_card_day_units", mark("Points of one card at one till a day at most")),
            _Field("offline_terminal_day_units", mark("Points at one till a day at most")),
            _Field("offline_hours", mark("Hours without network until no points can be used")),
            _Field("offline_spare_units", mark("Points of one spare code at most")),
            _Field("spare_code_days", mark("Days for which a phone keeps spare codes (0: none)")),
            _Field("spare_codes_a_day", mark("Spare codes for one day")),
        ),
    ),
    (
        mark("Claims, proof and payment"),
        (
            _Field("claim_days", mark("Days within which a shop can still claim")),
            _Field("proof_days", mark("Working days to wait for proof of payment")),
            _Field("no_file_days", mark("Days without any file before a shop's earning pauses")),
            _Field(
                "fee_confirm_days", mark("Days a biller has to confirm points taken off a bill")
            ),
            _Field("match_minutes", mark("Minutes by which clocks may differ")),
            _Field("accept_days", mark("Days to object to a statement")),
            _Field("payout_cooling_hours", mark("Hours before a new bank account is used")),
            _Field("payout_confirm_days", mark("Days until an unconfirmed payout is asked about")),
            _Field("payment_signers", mark("How many sign a payment request")),
            _Field("day_file_hour", mark("Hour by which each day's file is ready for shops")),
            _Field("notice_days", mark("Days before worse terms count for a shop")),
            _Field("risk_days", mark("Days a shop's money stays before it can be paid")),
            _Field("payout_least_fen", mark("Least that is paid to a shop, yuan")),
        ),
    ),
    (
        mark("Services for points"),
        (
            _Field(
                "voucher_notice_days",
                mark("Days before its last day that a voucher's holder is told"),
            ),
        ),
    ),
    (
        mark("Certificates on paper"),
        (_Field("certificate_days", mark("Days a certificate is good")),),
    ),
    (
        mark("Signing in"),
        (
            _Field("enrolment_minutes", mark("Minutes an enrolment code is good for")),
            _Field("staff_session_minutes", mark("Minutes until staff have to sign in again")),
            _Field(
                "resident_session_minutes", mark("Minutes until residents have to sign in again")
            ),
        ),
    ),
)
SETTING_NAMES: Final = {field.key: field.name for _, group in _GROUPS for field in group}
"""What each setting is called, in English."""
_BOUNDS: Final = {entry.name: entry.metadata for entry in fields(CommunitySettings)}


@bp.get("/settings", endpoint="settings")
@allow("settings.read")
def settings_page() -> Response:
    """The settings in force and every version before."""
    return _page()


@bp.post("/settings")
@allow("settings.write")
def change_settings() -> AnyResponse:
    """Put the fields that differ in force, with the reason."""
    here = actor().community_id

    def work(tx: Tx, at: int) -> dict[str, Any]:
        now = settings.current(tx, here)
        typed = {key: _typed(key) for key in SETTING_NAMES}
        changes = {key: value for key, value in typed.items() if value != getattr(now, key)}
        settings.change(
            tx, here, changes, by=me(), why=text("why"), at=at, seen_version=number("seen_version")
        )
        return {"changed": sorted(changes)}

    try:
        body = {key: text(key) for key in (*SETTING_NAMES, "why", "seen_version")}
        act("settings", body, work)
    except Refusal as refusal:
        return _page(refusal=refusal)
    return to("office.settings", "settings")


def _typed(key: str) -> int:
    return hundredths_from(needed(key)) if _is_amount(key) else number(key)


def _is_amount(key: str) -> bool:
    return key.endswith("_fen") or "_units" in key


def setting_text(key: str, value: int) -> str:
    """A setting's value as people write it."""
    if key.endswith("_fen"):
        return yuan(value)
    return whole_points(value) if _is_amount(key) else str(value)


def _page(*, refusal: Refusal | None = None) -> Response:
    here = actor().community_id
    with service().db.read() as tx:
        now = settings.current(tx, here)
        version = settings.version(tx, here)
        rows = settings.history(tx, here)
        names = {int(row.staff_id): row.name or row.login for row in staff.all_staff(tx, here)}
    groups = [
        {
            "name": say(name),
            "fields": [_field(field, now, kept=refusal is not None) for field in group],
        }
        for name, group in _GROUPS
    ]
    return office_page(
        "office/settings.html",
        refusal=refusal,
        groups=groups,
        version=version,
        history=_history(rows, names),
        why=text("why"),
        may_change=can("settings.write"),
    )


def _field(field: _Field, now: CommunitySettings, *, kept: bool) -> dict[str, str]:
    least, most = _BOUNDS[field.key]["least"], _BOUNDS[field.key]["most"]
    return {
        "key": field.key,
        "name": say(field.name),
        "value": text(field.key) if kept else setting_text(field.key, getattr(now, field.key)),
        "hint": say(mark("From {least} to {most}.")).format(
            least=setting_text(field.key, least), most=setting_text(field.key, most)
        ),
    }


def _history(rows: list[Any], names: dict[int, str]) -> list[dict[str, Any]]:
    bodies = [json.loads(row.body) for row in rows]
    befores = [*bodies, {key: getattr(settings.DEFAULTS, key) for key in SETTING_NAMES}][1:]
    return [
        {
            "version_no": row.version_no,
            "set_at": int(row.set_at),
            "who": names.get(int(row.set_by)) or say(mark("the server")),
            "why": row.why,
            "lines": [
                _changed(
                    name, setting_text(key, before.get(key, 0)), setting_text(key, body.get(key, 0))
                )
                for key, name in SETTING_NAMES.items()
                if before.get(key) != body.get(key)
            ],
        }
        for row, body, before in zip(rows, bodies, befores, strict=True)
    ]


def _changed(name: str, before: str, after: str) -> str:
    return f"{say(name)}{say(mark(': '))}{before} → {after}"
