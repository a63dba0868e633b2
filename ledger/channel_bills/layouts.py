"""The layouts of channels' bills, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

_FILE: Final = Path(__file__).with_name("layouts.toml")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a channel calls its columns, and how it closes its bill.

    `trailer`: `row` (a row of headings and one of sums), `comment` (lines that begin with #) or `none`. `sums`: a
    closing sum's name to the column it adds up. `accounts`: columns that name the collecting account, best first.
    `original`: where a refund names its payment, in a bill that gives refunds references of their own.
    `payer`: who paid, as the channel numbers them.
    """

    name: str
    channel: str
    time: str
    reference: str
    amount: str
    state: str
    paid: tuple[str, ...]
    back: tuple[str, ...]
    trailer: Literal["row", "comment", "none"]
    date: str = ""
    accounts: tuple[str, ...] = ()
    refund_reference: str = ""
    original: str = ""
    payer: str = ""
    refund_amount: str = ""
    only_refunds: str = ""
    count: str = ""
    sums: Mapping[str, str] = field(default_factory=dict)

    @property
    def needed(self) -> tuple[str, ...]:
        """The headings without which a row cannot be read."""
        return tuple(
            name for name in (self.date, self.time, self.reference, self.amount, self.state) if name
        )


@cache
def layouts() -> tuple[Layout, ...]:
    """Every layout the product knows, in the order in which they are tried."""
    rows: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["layout"]
    return tuple(Layout(**{name: _frozen(value) for name, value in row.items()}) for row in rows)


@cache
def words() -> Mapping[str, str]:
    """What channels write around their tables: patterns and names."""
    found: dict[str, str] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["words"]
    return found


def _frozen(value: Any) -> Any:  # noqa: ANN401 - TOML's values
    return tuple(value) if isinstance(value, list) else value
