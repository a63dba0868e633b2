"""How a good is kept: its limits and marks, whether it is on the list, and the notice while it is not handed out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from ledger import audit
from ledger.audit import By
from ledger.errors import Refusal
from ledger.sql import Sql, Tx
from ledger.stock.goods import MOST_STOCK, PERIODS, get_good

_MOST_NOTICE: Final = 100
_SET: Final = Sql(
    "UPDATE good SET barcode = :barcode, spec = :spec, category = :category, limit_person = :limit_person,"
    " limit_household = :limit_household, limit_period = :limit_period, shelf_days = :shelf_days,"
    " is_fast = :is_fast, low_stock = :low_stock, lead_days = :lead_days, more_on = :more_on, changed_at = :at"
    " WHERE community_id = :community_id AND good_id = :good_id"
)
_STATE: Final = Sql(
    "UPDATE good SET state = :state, paused = :paused, price_version = price_version + 1, changed_at = :at"
    " WHERE community_id = :community_id AND good_id = :good_id"
)
_PAUSE_SHOP: Final = Sql(
    "INSERT INTO stock_pause (community_id, merchant_id, notice, since) VALUES (:community_id, :merchant_id, :notice,"
    " :at) ON CONFLICT (community_id, merchant_id) DO UPDATE SET notice = excluded.notice, since = excluded.since"
)
_SHOP: Final = Sql(
    "SELECT notice FROM stock_pause WHERE community_id = :community_id AND merchant_id = :merchant_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What may be changed of a good without touching its price: limits, marks, days; 0 is none.

    `more_on`: when more is expected (yyyymmdd), told to whoever asks for more than is left.
    """

    barcode: str = ""
    spec: str = ""
    category: str = ""
    limit_person: int = 0
    limit_household: int = 0
    limit_period: str = "month"
    shelf_days: int = 0
    low_stock: int = 0
    lead_days: int = 0
    is_fast: int = 0
    more_on: int | None = None


def set_care(tx: Tx, community_id: int, good_id: int, care: Care, *, by: By, at: int) -> None:
    """Change how a good is kept. Refuses: good_not_found, good_settings_wrong."""
    numbers = (
        care.limit_person,
        care.limit_household,
        care.shelf_days,
        care.low_stock,
        care.lead_days,
    )
    if care.is_fast not in {0, 1}:
        raise Refusal("good_settings_wrong")
    if any(not 0 <= n <= MOST_STOCK for n in numbers) or care.limit_period not in PERIODS:
        raise Refusal("good_settings_wrong")
    get_good(tx, community_id, good_id)
    tx.run(_SET, community_id=community_id, good_id=good_id, at=at, **asdict(care))
    facts: audit.Facts = asdict(care)
    audit.record(tx, community_id, by, "good.care", f"good:{good_id}", at=at, after=facts)


def pause_good(
    tx: Tx, community_id: int, good_id: int, notice: str, *, on_list: bool = True, by: By, at: int
) -> None:
    """Hand a good out no more until further notice ('': again), or take it off the list altogether.

    Whoever is at the counter with it at this moment meets the new state. Refuses: good_not_found, notice_long.
    """
    said = _notice(notice)
    get_good(tx, community_id, good_id)
    here = {"community_id": community_id, "good_id": good_id, "at": at}
    tx.run(_STATE, **here, state="on" if on_list else "off", paused=said)
    facts: audit.Facts = {"notice": said, "on_list": on_list}
    audit.record(tx, community_id, by, "good.pause", f"good:{good_id}", at=at, after=facts)


def pause_shop(
    tx: Tx, community_id: int, merchant_id: int, notice: str, *, by: By, at: int
) -> None:
    """Let a whole counter hand nothing out until further notice ('': again). Refuses: notice_long."""
    said = _notice(notice)
    tx.run(_PAUSE_SHOP, community_id=community_id, merchant_id=merchant_id, notice=said, at=at)
    facts: audit.Facts = {"notice": said}
    audit.record(tx, community_id, by, "shop.pause", f"merchant:{merchant_id}", at=at, after=facts)


def shop_notice(tx: Tx, community_id: int, merchant_id: int) -> str:
    """Why a counter hands nothing out at present; '' where it does."""
    row = tx.find(_SHOP, community_id=community_id, merchant_id=merchant_id)
    return "" if row is None else str(row.notice)


def check_not_paused(tx: Tx, community_id: int, merchant_id: int) -> None:
    """Refuse `shop_paused`, with the notice, where the whole counter hands nothing out."""
    notice = shop_notice(tx, community_id, merchant_id)
    if notice:
        raise Refusal("shop_paused", notice=notice)


def _notice(typed: str) -> str:
    said = " ".join(typed.split())
    if len(said) > _MOST_NOTICE:
        raise Refusal("notice_long", most=_MOST_NOTICE)
    return said
