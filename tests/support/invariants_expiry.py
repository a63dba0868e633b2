"""What must hold of points that lapse and of their notices, and for each the change that breaks it and nothing else."""

from __future__ import annotations

from typing import Final


def day_number(key: str) -> str:
    """SQL, the same on both engines: a yyyymmdd as a count of days, so that days can be added."""
    year, month, day = f"({key} / 10000)", f"({key} / 100 % 100)", f"({key} % 100)"
    early = f"((14 - {month}) / 12)"
    years, months = f"({year} + 4800 - {early})", f"({month} + 12 * {early} - 3)"
    leaps = f"{years} / 4 - {years} / 100 + {years} / 400"
    return f"({day} + (153 * {months} + 2) / 5 + 365 * {years} + {leaps})"


_SAME_LAPSE: Final = (
    "n.community_id = l.community_id AND n.commodity = l.commodity AND n.owner_id = l.owner_id"
    " AND n.earned_until = l.earned_until"
)
_LEFT_THE_WALLET: Final = (
    "EXISTS (SELECT 1 FROM txn x JOIN transfer t ON t.community_id = x.community_id"
    "  AND t.txn_id = x.txn_id JOIN account w ON w.community_id = t.community_id"
    "  AND w.account_id = t.debit_id AND w.kind = 'wallet' JOIN account e"
    "  ON e.community_id = t.community_id AND e.account_id = t.credit_id AND e.kind = 'expired'"
    "  WHERE x.community_id = l.community_id AND x.txn_id = l.txn_id AND x.kind = 'expire'"
    "  AND w.owner_id = l.owner_id AND w.commodity = l.commodity AND t.amount = l.expired_units)"
)
_EARNED: Final = (
    "coalesce((SELECT sum(t.amount) FROM account w JOIN transfer t"
    "  ON t.community_id = w.community_id AND t.credit_id = w.account_id"
    "  JOIN txn x ON x.community_id = t.community_id AND x.txn_id = t.txn_id"
    "  JOIN account s ON s.community_id = t.community_id AND s.account_id = t.debit_id"
    "  WHERE w.community_id = l.community_id AND w.kind = 'wallet' AND w.owner_id = l.owner_id"
    "  AND w.commodity = l.commodity"
    "  AND s.kind IN ('issued_consumption', 'issued_deed', 'issued_grant', 'pending', 'wallet')"
    "  AND coalesce(x.corrects_date, x.business_date) <= l.earned_until), 0)"
)

CHECKS: Final[dict[str, str]] = {
    "what_lapsed_left_the_wallet_once": (
        "SELECT l.community_id, l.owner_id, l.earned_until FROM lapse l"
        f" WHERE (l.state = 'expired') <> {_LEFT_THE_WALLET}"
        " UNION ALL SELECT x.community_id, x.txn_id, 0 FROM txn x WHERE x.kind = 'expire'"
        " AND 1 <> (SELECT count(*) FROM lapse l WHERE l.community_id = x.community_id"
        "  AND l.txn_id = x.txn_id)"
    ),
    "nothing_lapses_without_every_notice": (
        "SELECT l.* FROM lapse l JOIN txn x ON x.community_id = l.community_id"
        " AND x.txn_id = l.txn_id WHERE l.state = 'expired' AND (l.next_days IS NOT NULL"
        "  OR x.business_date <= l.last_day"
        "  OR length(l.notice_days) - length(replace(l.notice_days, ',', '')) + 1 <>"
        f"   (SELECT count(DISTINCT n.notice_days) FROM lapse_notice n WHERE {_SAME_LAPSE})"
        f"  OR EXISTS (SELECT 1 FROM lapse_notice n WHERE {_SAME_LAPSE}"
        "   AND (n.given_on IS NULL OR n.units < l.expired_units)))"
    ),
    "a_notice_keeps_its_whole_time": (
        f"SELECT l.*, n.given_on FROM lapse l JOIN lapse_notice n ON {_SAME_LAPSE}"
        " WHERE n.given_on IS NOT NULL AND l.state IN ('open', 'expired')"
        f" AND {day_number('n.given_on')} + n.notice_days > {day_number('l.last_day')}"
    ),
    "what_is_announced_only_falls": (
        f"SELECT l.* FROM lapse l JOIN lapse_notice n ON {_SAME_LAPSE} WHERE l.units > n.units"
    ),
    "no_more_lapses_than_was_earned": (
        "SELECT l.* FROM lapse l WHERE l.state = 'expired' AND"
        " (SELECT sum(o.expired_units) FROM lapse o WHERE o.community_id = l.community_id"
        "  AND o.commodity = l.commodity AND o.owner_id = l.owner_id"
        f"  AND o.earned_until <= l.earned_until) > {_EARNED}"
    ),
    "a_run_of_notices_adds_up": (
        "SELECT r.* FROM notice_run r WHERE r.wallets <> (SELECT count(*) FROM lapse_notice n"
        "  WHERE n.community_id = r.community_id AND n.run_id = r.run_id AND n.channel = 'page')"
        " OR r.slips <> (SELECT count(*) FROM lapse_notice n"
        "  WHERE n.community_id = r.community_id AND n.run_id = r.run_id AND n.channel = 'slip')"
        " OR r.units <> (SELECT coalesce(sum(n.units), 0) FROM lapse_notice n"
        "  WHERE n.community_id = r.community_id AND n.run_id = r.run_id AND n.channel = 'page')"
    ),
}
"""Each names what holds; its query finds the rows where it does not. Written for both engines."""

MUTATIONS: Final[dict[str, str]] = {
    "what_lapsed_left_the_wallet_once": (
        "UPDATE lapse SET expired_units = expired_units - 1 WHERE state = 'expired'"
    ),
    "nothing_lapses_without_every_notice": (
        "UPDATE lapse_notice SET given_on = NULL WHERE channel = 'slip' AND owner_id IN"
        " (SELECT owner_id FROM lapse WHERE state = 'expired')"
    ),
    "a_notice_keeps_its_whole_time": (
        "UPDATE lapse_notice SET given_on = last_day WHERE channel = 'page' AND owner_id IN"
        " (SELECT owner_id FROM lapse WHERE state = 'open')"
    ),
    "what_is_announced_only_falls": "UPDATE lapse SET units = units + 1 WHERE state = 'open'",
    "no_more_lapses_than_was_earned": (
        "UPDATE txn SET business_date = 20990101 WHERE kind = 'grant' AND wallet_owner_id IN"
        " (SELECT owner_id FROM lapse WHERE state = 'expired')"
    ),
    "a_run_of_notices_adds_up": "UPDATE notice_run SET units = units + 1",
}
"""For each the statement that breaks it and no other, in a town where points of somebody lapsed and others wait."""
