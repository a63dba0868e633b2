"""What is written beside a posting in the same transaction: offsets, pending points, evidence, burned codes, caps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ledger.book.steps import Step
from ledger.sql import Sql

_OFFSET: Final = Sql(
    "INSERT INTO offset_booked (community_id, txn_id, claimant_id, terminal_id, ref, kind, original_ref, units, fen,"
    " units_per_fen, business_date, occurred_at) VALUES (:community_id, :txn_id, :claimant_id, :terminal_id, :ref,"
    " :kind, :original_ref, :units, :fen, :units_per_fen, :business_date, :occurred_at)"
    " ON CONFLICT (community_id, claimant_id, ref) DO NOTHING"
)
_PENDING: Final = Sql(
    "INSERT INTO pending (community_id, txn_id, wallet_owner_id, commodity, merchant_id, units, left_units, state,"
    " business_date) VALUES (:community_id, :txn_id, :wallet_owner_id, :commodity, :merchant_id, :units, :units,"
    " 'open', :business_date)"
)
_PENDING_LESS: Final = Sql(
    "UPDATE pending SET left_units = left_units - :units WHERE community_id = :community_id AND txn_id = :txn_id"
    " AND state = 'open' AND left_units >= :units"
)
_PENDING_END: Final = Sql(
    "UPDATE pending SET state = :state, left_units = 0, ended_at = :at WHERE community_id = :community_id"
    " AND txn_id = :txn_id AND state = 'open' AND left_units = :left_units"
)
_EVIDENCE: Final = Sql(
    "INSERT INTO evidence (community_id, txn_id, sale_id, route, channel, payment_ref, merchant_id, terminal_id,"
    " counter, paid_fen, paid_at, state, proven_by, proven_at) VALUES (:community_id, :txn_id, :sale_id, :route,"
    " :channel, :payment_ref, :merchant_id, :terminal_id, :counter, :paid_fen, :paid_at, :state, :proven_by,"
    " :proven_at)"
)
_BURN: Final = Sql(
    "INSERT INTO token_use (community_id, kid, serial, issued_at_s, sequence, used_at, terminal_id, request_id,"
    " outcome) VALUES (:community_id, :kid, :serial, :issued_at_s, :sequence, :used_at, :terminal_id, :request_id,"
    " :outcome) ON CONFLICT (community_id, kid, serial, issued_at_s, sequence) DO NOTHING"
)
_BURN_LATE: Final = Sql(
    f"{_BURN.text.removesuffix('NOTHING')}UPDATE SET used_at = excluded.used_at, terminal_id = excluded.terminal_id,"
    " request_id = excluded.request_id, outcome = excluded.outcome WHERE token_use.outcome = 'refused'"
)
# Only a code that another till had before: whoever makes numbers up names none.
_AGAIN: Final = Sql(
    "INSERT INTO code_again (community_id, kid, serial, issued_at_s, sequence, terminal_id, shown_at)"
    " SELECT u.community_id, u.kid, u.serial, u.issued_at_s, u.sequence, :terminal_id, :shown_at FROM token_use u"
    " WHERE u.community_id = :community_id AND u.kid = :kid AND u.serial = :serial AND u.issued_at_s = :issued_at_s"
    " AND u.sequence = :sequence AND u.outcome = 'used' AND u.terminal_id <> :terminal_id ON CONFLICT DO NOTHING"
)
_PAUSE: Final = Sql(
    "UPDATE card SET last_debit_at = :at WHERE community_id = :community_id AND serial = :serial"
    " AND last_debit_at <= :at - :pause_us"
)


class Use(NamedTuple):
    """One showing of a code: the numbers that name it for ever."""

    kid: int
    serial: int
    issued_at_s: int
    sequence: int


def offset_step(  # noqa: PLR0913 - the columns of one row
    community_id: int,
    txn_id: int,
    *,
    claimant_id: int,
    terminal_id: int,
    ref: str,
    kind: str,
    original_ref: str | None,
    units: int,
    fen: int,
    units_per_fen: int,
    business_date: int,
    occurred_at: int,
) -> Step:
    """A booked offset; a refund's `units` and `fen` are negative and name the sale they belong to.

    The guard `ref` misses where the shop used the reference before.
    """
    return Step(
        _OFFSET,
        {
            "community_id": community_id,
            "txn_id": txn_id,
            "claimant_id": claimant_id,
            "terminal_id": terminal_id,
            "ref": ref,
            "kind": kind,
            "original_ref": original_ref,
            "units": units,
            "fen": fen,
            "units_per_fen": units_per_fen,
            "business_date": business_date,
            "occurred_at": occurred_at,
        },
        guard="ref",
    )


def again_step(community_id: int, use: Use, *, terminal_id: int, shown_at: int) -> Step:
    """Note that a code another till had before was shown here and refused; of any other code nothing is noted."""
    params = {
        "community_id": community_id,
        **use._asdict(),
        "terminal_id": terminal_id,
        "shown_at": shown_at,
    }
    return Step(_AGAIN, params)


def pending_step(
    community_id: int,
    txn_id: int,
    *,
    wallet_owner_id: int,
    commodity: int,
    merchant_id: int,
    units: int,
    business_date: int,
) -> Step:
    """Points earned by this transaction that wait for proof."""
    return Step(
        _PENDING,
        {
            "community_id": community_id,
            "txn_id": txn_id,
            "wallet_owner_id": wallet_owner_id,
            "commodity": commodity,
            "merchant_id": merchant_id,
            "units": units,
            "business_date": business_date,
        },
    )


def pending_less_step(community_id: int, txn_id: int, units: int) -> Step:
    """A refund takes `units` of a sale's pending points back; the guard misses where they vested meanwhile."""
    return Step(
        _PENDING_LESS,
        {"community_id": community_id, "txn_id": txn_id, "units": units},
        guard="pending",
    )


def pending_end_step(
    community_id: int, txn_id: int, left_units: int, *, state: str, at: int
) -> Step:
    """Pending points end as `vested` or `reversed`, once, with exactly the units seen."""
    return Step(
        _PENDING_END,
        {
            "community_id": community_id,
            "txn_id": txn_id,
            "left_units": left_units,
            "state": state,
            "at": at,
        },
        guard="pending",
    )


def evidence_step(  # noqa: PLR0913 - the columns of one row
    community_id: int,
    txn_id: int,
    *,
    sale_id: str,
    route: str,
    channel: str,
    payment_ref: str | None,
    merchant_id: int,
    terminal_id: int,
    counter: int,
    paid_fen: int,
    paid_at: int,
    proven_by: str | None,
) -> Step:
    """What stands behind the yuan of a sale; proven at once when the gateway itself confirmed it."""
    return Step(
        _EVIDENCE,
        {
            "community_id": community_id,
            "txn_id": txn_id,
            "sale_id": sale_id,
            "route": route,
            "channel": channel,
            "payment_ref": payment_ref,
            "merchant_id": merchant_id,
            "terminal_id": terminal_id,
            "counter": counter,
            "paid_fen": paid_fen,
            "paid_at": paid_at,
            "state": "claimed" if proven_by is None else "proven",
            "proven_by": proven_by,
            "proven_at": None if proven_by is None else paid_at,
        },
    )


def burn_step(
    community_id: int,
    use: Use,
    *,
    at: int,
    terminal_id: int,
    request_id: str,
    outcome: str = "used",
) -> Step:
    """Burn a single-use code; the guard misses where it was burned before."""
    return Step(
        _BURN,
        {
            "community_id": community_id,
            **use._asdict(),
            "used_at": at,
            "terminal_id": terminal_id,
            "request_id": request_id,
            "outcome": outcome,
        },
        guard="token",
    )


def burn_late_step(
    community_id: int,
    use: Use,
    *,
    at: int,
    terminal_id: int,
    request_id: str,
) -> Step:
    """Burn a code that a till took without network; where it was refused elsewhere before, this use counts instead.

    The guard misses where it was used before.
    """
    burn = burn_step(community_id, use, at=at, terminal_id=terminal_id, request_id=request_id)
    return burn._replace(sql=_BURN_LATE)


def pause_step(community_id: int, serial: int, *, at: int, pause_us: int) -> Step:
    """A printed card may be debited again only after a pause; the guard misses before it has passed."""
    return Step(
        _PAUSE,
        {"community_id": community_id, "serial": serial, "at": at, "pause_us": pause_us},
        guard="card_pause",
    )


class CapUse(NamedTuple):
    """`add` units against a limit of `cap` units in one period (a yyyymmdd day or yyyymm month)."""

    cap_code: str
    period_key: int
    add: int
    cap: int


def _caps_statement(rows: int) -> Sql:
    values = ", ".join(
        f"(:community_id, :subject_id, :code{n}, :period{n}, :add{n}, :cap{n})" for n in range(rows)
    )
    return Sql(
        "INSERT INTO cap_counter (community_id, subject_id, cap_code, period_key, used, cap)"
        f" VALUES {values} ON CONFLICT (community_id, subject_id, cap_code, period_key)"
        " DO UPDATE SET used = cap_counter.used + excluded.used, cap = excluded.cap"
        " WHERE cap_counter.used + excluded.used <= excluded.cap"
    )


_CAPS: Final = tuple(_caps_statement(rows) for rows in range(1, 8))
_CAP_TOLD: Final = Sql(
    "INSERT INTO cap_counter (community_id, subject_id, cap_code, period_key, used, cap) VALUES (:community_id,"
    " :subject_id, :cap_code, :period_key, :add, CASE WHEN :cap < :add THEN :add ELSE :cap END)"
    " ON CONFLICT (community_id, subject_id, cap_code, period_key) DO UPDATE"
    " SET used = cap_counter.used + excluded.used,"
    " cap = CASE WHEN cap_counter.cap < cap_counter.used + excluded.used"
    " THEN cap_counter.used + excluded.used ELSE cap_counter.cap END"
)
_CAP_BACK: Final = Sql(
    "UPDATE cap_counter SET used = CASE WHEN used >= :units THEN used - :units ELSE 0 END"
    " WHERE community_id = :community_id AND subject_id = :subject_id AND cap_code = :cap_code"
    " AND period_key = :period_key"
)


def caps_step(community_id: int, subject_id: int, uses: Sequence[CapUse]) -> Step:
    """Count several limits of one person at once; the guard `caps` misses where any would be passed."""
    params: dict[str, Any] = {"community_id": community_id, "subject_id": subject_id}
    for n, use in enumerate(sorted(uses)):
        params[f"code{n}"], params[f"period{n}"] = use.cap_code, use.period_key
        params[f"add{n}"], params[f"cap{n}"] = use.add, use.cap
    return Step(_CAPS[len(uses) - 1], params, guard="caps", rows=len(uses))


def caps_told_step(community_id: int, subject_id: int, use: CapUse) -> Step:
    """Count what was allowed at the time, without asking again whether it fits."""
    params = {"community_id": community_id, "subject_id": subject_id, **use._asdict()}
    return Step(_CAP_TOLD, params)


def pause_told_step(community_id: int, serial: int, *, at: int) -> Step:
    """A printed card was debited at `at`, as far as it was not debited later."""
    return Step(_PAUSE, {"community_id": community_id, "serial": serial, "at": at, "pause_us": 0})


def cap_back_step(
    community_id: int, subject_id: int, cap_code: str, period_key: int, units: int
) -> Step:
    """Give `units` back to a limit of the period they were counted in."""
    return Step(
        _CAP_BACK,
        {
            "community_id": community_id,
            "subject_id": subject_id,
            "cap_code": cap_code,
            "period_key": period_key,
            "units": units,
        },
    )
