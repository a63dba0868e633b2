"""What people write at the head of a table, and in its cells, in every language of the product."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from kiosk.texts import LANGUAGES, Translate, mark, translator
from ledger.members.import_rows import KINDS, Words

KIND_NAMES: Final = {
    "households": mark("Households"),
    "residents": mark("Residents"),
    "merchants": mark("Shops with their agreements"),
    "balances": mark("Opening balances of households"),
}
_HEADINGS: Final = {
    "household_code": mark("Household code"),
    "building": mark("Building"),
    "unit": mark("Stairwell"),
    "name": mark("Name"),
    "phone": mark("Phone"),
    "birth_year": mark("Year of birth"),
    "consent_on": mark("Consent signed on"),
    "merchant_code": mark("Shop code"),
    "category": mark("Trade"),
    "agreement_no": mark("Agreement number"),
    "effective_from": mark("First day"),
    "effective_to": mark("Last day"),
    "roles": mark("The shop may"),
    "proof": mark("Proof of payment"),
    "proof_days": mark("Working days to wait for proof"),
    "allowance_day_yuan": mark("Allowance a day, yuan"),
    "points": mark("Points"),
    "bill_no": mark("Bill number"),
    "fee_kind": mark("Kind of fee"),
    "period": mark("Billing period"),
    "amount_yuan": mark("Amount due, yuan"),
    "due_on": mark("Due on"),
    "fee_ref": mark("Offset number"),
    "offset_yuan": mark("Taken off, yuan"),
}
_OF_KIND: Final = {("residents", "name"): mark("Full name")}
_CELLS: Final = {
    "earn": mark("earn"),
    "offset": mark("offset"),
    "redeem": mark("redeem"),
    "fee": mark("fee bills"),
    "property_fee": mark("property fee"),
    "refuse_fee": mark("refuse fee"),
    "gateway": mark("community channel"),
    "bill": mark("bill"),
    "acquirer": mark("card company's list"),
    "sample": mark("sample"),
}


@cache
def import_words() -> Words:
    """Headings and words of every language to the names the importer knows."""
    words: dict[str, str] = {}
    for language in LANGUAGES:
        translate = translator(language)
        named = [
            *(_HEADINGS | _CELLS).items(),
            *((name, said) for (_, name), said in _OF_KIND.items()),
        ]
        for name, said in named:
            # One word for two things would quietly read a heading as something else.
            if words.setdefault(translate(said), name) != name:
                raise ValueError(f"{translate(said)!r} means {words[translate(said)]} and {name}")
    return MappingProxyType(words)


def heading(kind: str, column: str, translate: Translate) -> str:
    """What a column of a kind of table is called in one language."""
    return translate(_OF_KIND.get((kind, column)) or _HEADINGS.get(column, column))


def cell_word(name: str, translate: Translate) -> str:
    """What a word in a cell is called in one language."""
    return translate(_CELLS.get(name, name))


def headings_of(kind: str, translate: Translate) -> Mapping[str, bool]:
    """The headings of a kind of table, with whether each is needed."""
    return {heading(kind, name, translate): column.needed for name, column in KINDS[kind].items()}


def name_of_column(column: str, translate: Translate) -> str:
    """What a column is called in one language, whatever table it stands in."""
    return translate(_HEADINGS.get(column, column))
