"""Communities: each is a world of its own, found by the four characters that stand in its codes."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.words import check_text
from ledger.sql import Row, Sql, Tx
from ledger.token_keys import is_issuer

_OPEN: Final = Sql(
    "INSERT INTO community (community_id, issuer, name, timezone, hotline, config_version,"
    " opened_at) VALUES (:community_id, :issuer, :name, :timezone, :hotline, 1, :opened_at)"
)
_COLUMNS: Final = "community_id, issuer, name, timezone, hotline, config_version, opened_at"
_ONE: Final = Sql(f"SELECT {_COLUMNS} FROM community WHERE community_id = :community_id")
_BY_ISSUER: Final = Sql(f"SELECT {_COLUMNS} FROM community WHERE issuer = :issuer")
_ALL: Final = Sql(f"SELECT {_COLUMNS} FROM community ORDER BY community_id")
_CHANGED: Final = Sql(
    "UPDATE community SET config_version = config_version + 1 WHERE community_id = :community_id"
)


def open_community(
    tx: Tx,
    *,
    issuer: str,
    name: str,
    hotline: str,
    by: By,
    at: int,
    timezone: str = "Asia/Shanghai",
) -> int:
    """Open a community under its four-character code (`CA01`); returns its id.

    Refusals: issuer_bad, issuer_taken, name_bad, timezone_unknown.
    """
    if not is_issuer(issuer) or issuer != issuer.upper():
        raise Refusal("issuer_bad")
    if find_by_issuer(tx, issuer) is not None:
        raise Refusal("issuer_taken", issuer=issuer)
    if timezone not in available_timezones():
        raise Refusal("timezone_unknown", timezone=timezone)
    check_text(name)
    community_id = new_id(at)
    tx.run(
        _OPEN,
        community_id=community_id,
        issuer=issuer,
        name=name,
        timezone=timezone,
        hotline=hotline,
        opened_at=at,
    )
    audit.record(
        tx, community_id, by, "community.open", "community", at=at, after={"issuer": issuer}
    )
    return community_id


def get_community(tx: Tx, community_id: int) -> Row:
    """One community's row: issuer, name, timezone, hotline, config_version, opened_at.

    Refusals: community_not_found.
    """
    row = tx.find(_ONE, community_id=community_id)
    if row is None:
        raise Refusal("community_not_found")
    return row


def find_by_issuer(tx: Tx, issuer: str) -> Row | None:
    """The community of that code, or None."""
    return tx.find(_BY_ISSUER, issuer=issuer)


def get_by_issuer(tx: Tx, issuer: str) -> Row:
    """The community of that code.

    Refusals: community_not_found.
    """
    row = find_by_issuer(tx, issuer)
    if row is None:
        raise Refusal("community_not_found")
    return row


def all_communities(tx: Tx) -> list[Row]:
    """Every community of this server."""
    return tx.all(_ALL)


def zone_of(tx: Tx, community_id: int) -> ZoneInfo:
    """The community's time zone."""
    return ZoneInfo(get_community(tx, community_id).timezone)


def raise_config_version(tx: Tx, community_id: int) -> None:
    """Tell every server that cached facts of this community are out of date."""
    tx.run(_CHANGED, community_id=community_id)
