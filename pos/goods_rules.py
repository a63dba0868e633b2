"""The scheme as the goods counter needs it: which points buy goods, also where no shop takes or gives any."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.earning.caps import Cap
from ledger.members.terms import Terms


@dataclass(frozen=True, slots=True)
class GoodsRules:
    """A scheme version's name and the point type goods are paid in; a counter knows no caps on sales."""

    version: str
    commodity: int

    def earn_cap(self, span: str) -> Cap | None:  # noqa: ARG002 - asked as a sale's rules are
        """None: goods earn nothing."""
        return None

    def offset_cap(self, span: str) -> Cap | None:  # noqa: ARG002
        """None: goods are no offset."""
        return None


def goods_rules(terms: Terms, day: int) -> GoodsRules:
    """The rules on a business date (yyyymmdd): points of the shops' type, or of the scheme's first where there is none.

    Refuses: scheme_missing.
    """
    scheme = terms.scheme_on(day)
    return GoodsRules(f"{scheme.id}/{scheme.version}", terms.shown.commodity)
