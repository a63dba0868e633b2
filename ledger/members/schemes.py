"""The schemes a community adopted: kept word for word, each version in force from its day."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.book import day as book_day
from ledger.book import funds
from ledger.earning.calendar import business_date, day_key
from ledger.earning.scheme import Scheme
from ledger.earning.scheme_file import parse_scheme
from ledger.errors import Refusal
from ledger.members import gate
from ledger.members.communities import get_community, raise_config_version
from ledger.members.gate import Gate
from ledger.sql import Sql, Tx

_ALL: Final = Sql(
    "SELECT scheme_id, version, body FROM scheme_version WHERE community_id = :community_id"
    " ORDER BY effective_from, adopted_at"
)
_KEEP: Final = Sql(
    "INSERT INTO scheme_version (community_id, scheme_id, version, effective_from, body, digest,"
    " adopted_by, adopted_at) VALUES (:community_id, :scheme_id, :version, :effective_from, :body,"
    " :digest, :adopted_by, :adopted_at)"
)


def adopt(tx: Tx, community_id: int, text: str | bytes, *, name: str, by: By, at: int) -> Scheme:
    """Adopt a scheme's text; the same version with the same content again changes nothing.

    Refusals: scheme_refused (every problem named), scheme_version_known, scheme_day_taken,
    scheme_too_late, scheme_points_moved, coverage_too_low (the rules leave less covered than the community's limit,
    and the committee has not voted for them).
    """
    scheme = parse_scheme(text, name)
    adopted = versions(tx, community_id)
    for other in adopted:
        if (other.id, other.version) == (scheme.id, scheme.version):
            if other.digest != scheme.digest:
                raise Refusal("scheme_version_known", version=scheme.version)
            return other
    _check_fits(tx, community_id, scheme, adopted)
    body = text.decode("utf-8") if isinstance(text, bytes) else text
    facts: dict[str, str | int | bool | None] = {
        "digest": scheme.digest,
        # The digest names what the rules say; this one names the text, so that anybody can check it.
        "body_sha256": hashlib.sha256(body.encode()).hexdigest(),
        "effective_from": day_key(scheme.effective_from),
    }
    if adopted:
        before = _in_force_at(tx, community_id, adopted, at)
        facts |= _facts_of(gate.pass_through(tx, community_id, before, scheme, at=at))
    tx.run(
        _KEEP,
        community_id=community_id,
        scheme_id=scheme.id,
        version=scheme.version,
        effective_from=day_key(scheme.effective_from),
        body=body,
        digest=scheme.digest,
        adopted_by=by.id,
        adopted_at=at,
    )
    raise_config_version(tx, community_id)
    funds.name_funds(tx, community_id, scheme.funds, at=at)
    subject = gate.subject_of(scheme)
    audit.record(tx, community_id, by, "scheme.adopt", subject, at=at, after=facts)
    return scheme


def look_at(
    tx: Tx, community_id: int, text: str | bytes, *, name: str, at: int
) -> tuple[Scheme, Gate]:
    """What a scheme's text would do to coverage if it were adopted now; nothing is written.

    Refusals: scheme_refused, scheme_missing (nothing was adopted yet), and those of `adopt` but the gate's own.
    """
    scheme = parse_scheme(text, name)
    adopted = versions(tx, community_id)
    if not adopted:
        raise Refusal("scheme_missing", business_date=day_key(scheme.effective_from))
    if (scheme.id, scheme.version) not in {(one.id, one.version) for one in adopted}:
        _check_fits(tx, community_id, scheme, adopted)
    return scheme, gate.look(tx, community_id, _in_force_at(tx, community_id, adopted, at), scheme)


def versions(tx: Tx, community_id: int) -> list[Scheme]:
    """Every adopted version, the earliest first."""
    rows = tx.all(_ALL, community_id=community_id)
    return [_parsed(row.body, f"{row.scheme_id}/{row.version}") for row in rows]


def in_force(adopted: list[Scheme], business_date: int) -> Scheme:
    """The version in force on a business date (yyyymmdd).

    Refusals: scheme_missing.
    """
    begun = [scheme for scheme in adopted if day_key(scheme.effective_from) <= business_date]
    if not begun:
        raise Refusal("scheme_missing", business_date=business_date)
    return begun[-1]


def scheme_on(tx: Tx, community_id: int, business_date: int) -> Scheme:
    """The community's scheme on a business date (yyyymmdd).

    Refusals: scheme_missing.
    """
    return in_force(versions(tx, community_id), business_date)


def _in_force_at(tx: Tx, community_id: int, adopted: list[Scheme], at: int) -> Scheme:
    """The version in force at a moment; before the first day of any, the first."""
    today = business_date(at, get_community(tx, community_id).timezone)
    begun = [scheme for scheme in adopted if scheme.effective_from <= today]
    return begun[-1] if begun else adopted[0]


def _facts_of(passed: Gate) -> dict[str, str | int | bool | None]:
    """What the record of an adoption says of the gate."""
    return {
        "coverage_before": passed.before.permille,
        "coverage_after": passed.after.permille,
        "vote": None if passed.vote is None else str(passed.vote.vote_id),
    }


def _check_fits(tx: Tx, community_id: int, scheme: Scheme, adopted: list[Scheme]) -> None:
    first = day_key(scheme.effective_from)
    if first <= book_day.last_locked(tx, community_id):
        raise Refusal("scheme_too_late", effective_date=first)
    if any(day_key(other.effective_from) == first for other in adopted):
        raise Refusal("scheme_day_taken", effective_date=first)
    # The book knows a point type by its place in the list, so a type never changes its place.
    codes = [point_type.code for point_type in scheme.point_types]
    precisions = [point_type.precision for point_type in scheme.point_types]
    for other in adopted:
        places = len(other.point_types)
        if [row.code for row in other.point_types] != codes[:places] or [
            row.precision for row in other.point_types
        ] != precisions[:places]:
            raise Refusal("scheme_points_moved", version=other.version)


@lru_cache(maxsize=64)
def _parsed(body: str, name: str) -> Scheme:
    return parse_scheme(body, name)
