"""Whether every name in a scheme leads somewhere: codes, references, categories, provenance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.earning.scheme import Scheme
from ledger.earning.scheme_problems import Finding, Findings, Path, found

_Reference = tuple[Path, str, str | None, Sequence[str] | None]
"""Where a name stands, what it names, the name, and the names there are (None: unchecked)."""


def check_references(scheme: Scheme) -> list[Finding]:
    """Every code given twice and every name that leads nowhere."""
    return [*_codes(scheme), *_targets(scheme), *_dangling(scheme), *_categories(scheme)]


def _codes(scheme: Scheme) -> Findings:
    coded: dict[str, Iterable[str]] = {
        "point_type": [row.code for row in scheme.point_types],
        "item": [row.code for row in scheme.items],
        "spend_rule": [row.code for row in scheme.spend_rules],
        "offset": [row.code for row in scheme.offsets],
        "reward": [row.code for row in scheme.rewards],
        "benefit": [row.code for row in scheme.benefits],
        "fund": [row.code for row in scheme.funds],
        "review_flow": [row.id for row in scheme.review_flows],
    }
    for table, codes in coded.items():
        key = "id" if table == "review_flow" else "code"
        first: dict[str, int] = {}
        for row, code in enumerate(codes):
            if code in first:
                yield found((table, row, key), "twice", value=code, first=first[code])
            first.setdefault(code, row)


def _targets(scheme: Scheme) -> Findings:
    taken: dict[str, str] = {}
    for row, offset in enumerate(scheme.offsets):
        for place, target in enumerate(offset.targets):
            if target in taken:
                path: Path = ("offset", row, "targets", place)
                yield found(path, "ambiguous_target", value=target, other=taken[target])
            taken.setdefault(target, offset.code)


def _dangling(scheme: Scheme) -> Findings:
    for place, kind, value, known in _references(scheme):
        if value is not None and known is not None and value not in known:
            words = ", ".join(known) or "(none yet)"
            yield found(place, "dangling", value=value, kind=kind, known=words)


def _references(scheme: Scheme) -> Iterable[_Reference]:
    types = [row.code for row in scheme.point_types]
    shops = scheme.merchants.categories if scheme.merchants else None
    for table, rows in (
        ("item", scheme.items),
        ("spend_rule", scheme.spend_rules),
        ("offset", scheme.offsets),
        ("reward", scheme.rewards),
    ):
        for i, row in enumerate(rows):
            yield (table, i, "point_type"), "point type", row.point_type, types
    yield from _rule_references(scheme, [row.id for row in scheme.review_flows], shops)
    for i, benefit in enumerate(scheme.benefits):
        path: Path = ("benefit", i)
        needed = benefit.requires
        yield (*path, "requires", "point_type"), "point type", needed.point_type, types
        yield (*path, "merchant_category"), "merchant category", benefit.merchant_category, shops
    if scheme.publicity:
        yield ("publicity", "point_type"), "point type", scheme.publicity.point_type, types
        for i, code in enumerate(scheme.publicity.totals_only):
            yield ("publicity", "totals_only", i), "point type", code, types
    if scheme.stars:
        yield ("stars", "point_type"), "point type", scheme.stars.point_type, types


def _rule_references(
    scheme: Scheme, flows: Sequence[str], shops: Sequence[str] | None
) -> Iterable[_Reference]:
    formulas = list(scheme.formulas)
    for i, item in enumerate(scheme.items):
        yield ("item", i, "review_flow"), "review flow", item.review_flow, flows
        yield ("item", i, "formula"), "formula", item.formula, formulas
    for i, rule in enumerate(scheme.spend_rules):
        yield ("spend_rule", i, "review_flow"), "review flow", rule.review_flow, flows
        for j, category in enumerate(rule.merchant_categories):
            path: Path = ("spend_rule", i, "merchant_categories", j)
            yield path, "merchant category", category, shops


def _categories(scheme: Scheme) -> Findings:
    if scheme.merchants is None:
        return
    tree = scheme.merchants.category_tree
    known = scheme.merchants.categories
    for name, below in tree.items():
        path: Path = ("merchants", "category_tree", name)
        for place, category in ((path, name), *(((*path, i), c) for i, c in enumerate(below))):
            if category not in known:
                words = ", ".join(known)
                yield found(
                    place, "dangling", value=category, kind="merchant category", known=words
                )
        seen: set[str] = set()
        ahead = list(below)
        while ahead:
            category = ahead.pop()
            if category not in seen:
                seen.add(category)
                ahead += tree.get(category, ())
        if name in seen:
            yield found(path, "category_circle", value=name)
