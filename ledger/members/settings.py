"""What a community may choose for itself: a whole document a version, each with its reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.members import votes
from ledger.members.communities import raise_config_version
from ledger.sql import Row, Sql, Tx

_LATEST: Final = Sql(
    "SELECT version_no, body FROM setting_version WHERE community_id = :community_id"
    " ORDER BY version_no DESC LIMIT 1"
)
_AT: Final = Sql(
    "SELECT body FROM setting_version WHERE community_id = :community_id AND set_at <= :at"
    " ORDER BY version_no DESC LIMIT 1"
)
_HISTORY: Final = Sql(
    "SELECT version_no, body, why, set_by, set_at FROM setting_version"
    " WHERE community_id = :community_id ORDER BY version_no DESC"
)
_KEEP: Final = Sql(
    "INSERT INTO setting_version (community_id, version_no, body, why, set_by, set_at)"
    " VALUES (:community_id, :version_no, :body, :why, :set_by, :set_at)"
)
_POINT: Final = 100


def _whole(default: int, least: int, most: int) -> int:
    value: int = field(default=default, metadata={"least": least, "most": most})
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunitySettings:
    """A community's choices; amounts in units (hundredths of a civic point) and fen.

    What the published scheme says (rates, caps, windows) is no setting and does not stand here.
    """

    # what a resident may spend: sums over one business day, per person
    pin_above_units_card: int = _whole(200 * _POINT, 0, 10_000 * _POINT)
    pin_above_units_dyn: int = _whole(1_000 * _POINT, 0, 10_000 * _POINT)
    day_units_card: int = _whole(2_000 * _POINT, 0, 10_000 * _POINT)
    day_units_dyn: int = _whole(10_000 * _POINT, 0, 10_000 * _POINT)
    card_pause_s: int = _whole(30, 0, 3_600)
    pin_tries: int = _whole(5, 3, 10)

    # the goods counter
    counter_grace_minutes: int = _whole(30, 0, 240)
    order_days: int = _whole(14, 1, 120)
    most_proxies: int = _whole(2, 0, 5)
    proxy_needs_mandate: int = _whole(0, 0, 1)
    kiosk_idle_s: int = _whole(90, 30, 900)

    # what stands behind the shops' offsets
    allowance_day_fen: int = _whole(20_000, 0, 10_000_000)
    cover_tranche_fen: int = _whole(5_000, 100, 1_000_000)

    # what must stand behind the points before a rule may change; both are loosened by a vote alone
    expected_use_percent: int = _whole(100, 1, 100)
    coverage_limit_percent: int = _whole(100, 1, 1_000)

    # selling without network: the most of one sale, of one card at one till a day, of one till a day
    offline_sale_units: int = _whole(100 * _POINT, 0, 200 * _POINT)
    offline_card_day_units: int = _whole(100 * _POINT, 0, 200 * _POINT)
    offline_terminal_day_units: int = _whole(2_000 * _POINT, 0, 20_000 * _POINT)
    offline_hours: int = _whole(24, 1, 24)

    # codes a phone keeps for a time without network: the most of one sale, for how many days, how many a day
    offline_spare_units: int = _whole(200 * _POINT, 0, 200 * _POINT)
    spare_code_days: int = _whole(3, 0, 3)
    spare_codes_a_day: int = _whole(1, 1, 3)

    # claims, proof and payment
    claim_days: int = _whole(60, 1, 366)
    proof_days: int = _whole(3, 0, 30)
    no_file_days: int = _whole(10, 1, 90)
    fee_confirm_days: int = _whole(15, 1, 90)
    match_minutes: int = _whole(10, 1, 60)
    accept_days: int = _whole(5, 1, 31)
    payout_cooling_hours: int = _whole(48, 0, 720)
    payout_confirm_days: int = _whole(3, 1, 30)
    payment_signers: int = _whole(3, 2, 6)
    day_file_hour: int = _whole(10, 1, 23)
    notice_days: int = _whole(30, 0, 180)
    risk_days: int = _whole(0, 0, 60)
    payout_least_fen: int = _whole(0, 0, 1_000_000)

    # services for points
    voucher_notice_days: int = _whole(7, 1, 60)

    # certificates on paper
    certificate_days: int = _whole(14, 1, 90)

    # signing in
    enrolment_minutes: int = _whole(10, 1, 60)
    staff_session_minutes: int = _whole(480, 5, 1_440)
    resident_session_minutes: int = _whole(60, 5, 1_440)


DEFAULTS: Final = CommunitySettings()

BY_VOTE: Final = frozenset({"expected_use_percent", "coverage_limit_percent"})
"""Lowering one of these lets a rule pass the gate that would not have passed: the committee votes on it."""


def current(tx: Tx, community_id: int) -> CommunitySettings:
    """The settings in force: the latest version, with our defaults for what it does not name."""
    row = tx.find(_LATEST, community_id=community_id)
    return DEFAULTS if row is None else _read(row.body)


def in_force(tx: Tx, community_id: int, *, at: int) -> CommunitySettings:
    """The settings as they were in force at `at`."""
    row = tx.find(_AT, community_id=community_id, at=at)
    return DEFAULTS if row is None else _read(row.body)


def most_in_force(tx: Tx, community_id: int, name: str, *, since: int) -> int:
    """The highest value one setting had at any moment from `since` (microseconds UTC) on."""
    later = [row for row in history(tx, community_id) if int(row.set_at) > since]
    known = [in_force(tx, community_id, at=since), *(_read(row.body) for row in later)]
    return max(int(getattr(one, name)) for one in known)


def version(tx: Tx, community_id: int) -> int:
    """The number of the version in force; 0 while nothing was ever changed."""
    row = tx.find(_LATEST, community_id=community_id)
    return 0 if row is None else int(row.version_no)


def change(
    tx: Tx,
    community_id: int,
    changes: Mapping[str, Any],
    *,
    by: By,
    why: str,
    at: int,
    seen_version: int | None = None,
) -> CommunitySettings:
    """Set some of the settings, keep who and why, and let every server take notice.

    Refusals: why_missing, setting_unknown, setting_type, setting_bad, setting_stale (somebody
    changed them after `seen_version`), vote_missing (see `BY_VOTE`).
    """
    if not why.strip():
        raise Refusal("why_missing")
    number = version(tx, community_id)
    if seen_version is not None and seen_version != number:
        raise Refusal("setting_stale")
    before = current(tx, community_id)
    after = replace(before, **checked(changes))
    for name in sorted(BY_VOTE & changes.keys()):
        if getattr(after, name) < getattr(before, name):
            votes.use(tx, community_id, setting_subject(name, getattr(after, name)), "", at=at)
    tx.run(
        _KEEP,
        community_id=community_id,
        version_no=number + 1,
        body=json.dumps(asdict(after), sort_keys=True, separators=(",", ":")),
        why=why.strip(),
        set_by=by.id,
        set_at=at,
    )
    raise_config_version(tx, community_id)
    was = {name: getattr(before, name) for name in changes}
    audit.record(
        tx, community_id, by, "settings.change", "settings", at=at, before=was, after=dict(changes)
    )
    return after


def checked(changes: Mapping[str, Any]) -> dict[str, int]:
    """The changes, if each names a setting and stays within its bounds.

    Refusals: setting_unknown, setting_type, setting_bad.
    """
    bounds = {entry.name: entry.metadata for entry in fields(CommunitySettings)}
    for name, value in changes.items():
        if name not in bounds:
            raise Refusal("setting_unknown", name=name)
        if type(value) is not int:
            raise Refusal("setting_type", name=name)
        least, most = bounds[name]["least"], bounds[name]["most"]
        if not least <= value <= most:
            raise Refusal("setting_bad", name=name, least=least, most=most)
    return dict(changes)


def setting_subject(name: str, value: int) -> str:
    """What a vote on one setting's new value is about: `setting:expected_use_percent=80`."""
    return f"setting:{name}={value}"


def history(tx: Tx, community_id: int) -> list[Row]:
    """Every version, newest first: version_no, body (JSON), why, set_by, set_at."""
    return tx.all(_HISTORY, community_id=community_id)


def _read(body: str) -> CommunitySettings:
    return CommunitySettings(**checked(json.loads(body)))
