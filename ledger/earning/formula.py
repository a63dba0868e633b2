"""A small, safe reader of points formulas: exact numbers and a few known words."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Final

from ledger.earning.scheme_parts import Formula
from ledger.errors import Refusal

VARIABLES: Final = ("hours", "difficulty", "rating", "amount", "count")
"""The words an expression may use; difficulty and rating are looked up in the formula's tables."""

_MOST_SIGNS: Final = 300
_MOST_DEPTH: Final = 20
_PLAIN_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d{1,6})?")
_HALF: Final = Fraction(1, 2)

Exact = int | Decimal | Fraction
Step = Callable[[Mapping[str, Fraction]], Fraction]


_SUMS: Final[dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class FormulaError(ValueError):
    """The text of a formula cannot be read; the message says where it goes wrong."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one deed; a formula is refused a deed that lacks what it reads."""

    hours: Exact | None = None
    difficulty: str | None = None
    rating: str | None = None
    amount: Exact | None = None
    count: Exact | None = None


def points_units(formula: Formula, precision: int, facts: Facts) -> int:
    """The points of one deed in smallest units: 2 hours, hard, rated 5 give 77 at precision 1.

    Rounded once, at the end, as the formula says. Refusals: `formula_input_missing`,
    `formula_input_unknown`, `formula_input_negative`, `formula_no_result`.
    """
    expression = read_expression(formula.expr)
    values = {name: _value(formula, facts, name) for name in expression.words}
    try:
        points = expression.value(values)
    except ZeroDivisionError:
        raise Refusal("formula_no_result", why="division by zero") from None
    if points < 0:
        raise Refusal("formula_no_result", why="below zero")
    scaled = points * 10**precision
    return half_up(scaled) if formula.round == "half_up" else math.floor(scaled)


@dataclass(frozen=True, slots=True)
class Expression:
    """A formula's text, read and checked: the words it reads and how to work it out."""

    words: tuple[str, ...]
    value: Step


def half_up(number: Fraction) -> int:
    """The nearest whole number, a half going away from zero: 76.8 -> 77, 0.5 -> 1, -0.5 -> -1."""
    whole = math.floor(abs(number) + _HALF)
    return whole if number >= 0 else -whole


@lru_cache(maxsize=256)
def read_expression(expr: str) -> Expression:
    """An expression ready to be worked out; FormulaError where it holds anything else."""
    if len(expr) > _MOST_SIGNS:
        raise FormulaError(f"longer than {_MOST_SIGNS} signs")
    try:
        tree = ast.parse(expr, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise FormulaError(f"no expression ({type(error).__name__})") from error
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return Expression(
        words=tuple(name for name in VARIABLES if name in used),
        value=_step(tree, expr, depth=0),
    )


_FUNCTIONS: Final[dict[str, Callable[..., Fraction]]] = {
    "min": min,
    "max": max,
    "floor": lambda number: Fraction(math.floor(number)),
    "ceil": lambda number: Fraction(math.ceil(number)),
    "round": lambda number: Fraction(half_up(number)),
}
_SEVERAL: Final = ("min", "max")


def _value(formula: Formula, facts: Facts, name: str) -> Fraction:
    given: str | Exact | None = getattr(facts, name)
    if given is None:
        raise Refusal("formula_input_missing", name=name)
    if isinstance(given, str):
        worth = formula.table.get(name, {}).get(given)
        if worth is None:
            raise Refusal("formula_input_unknown", name=name, value=given)
        return Fraction(worth)
    if given < 0:
        raise Refusal("formula_input_negative", name=name)
    return Fraction(given)


def _quotient(left: Fraction, right: Fraction) -> Fraction:
    return left / right


def _step(node: ast.expr, expr: str, depth: int) -> Step:
    """One node as a function of the facts; every kind of node that is not named here is refused."""
    if depth > _MOST_DEPTH:
        raise FormulaError(f"nested deeper than {_MOST_DEPTH}")
    match node:
        case ast.BinOp() if type(node.op) in _SUMS:
            combine = _SUMS[type(node.op)]
            left, right = _step(node.left, expr, depth + 1), _step(node.right, expr, depth + 1)
            return lambda facts: combine(left(facts), right(facts))
        case ast.UnaryOp(op=ast.USub()):
            operand = _step(node.operand, expr, depth + 1)
            return lambda facts: -operand(facts)
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _FUNCTIONS:
            return _call(node, name, expr, depth)
        case ast.Name(id=name) if name in VARIABLES:
            return lambda facts: facts[name]
        case ast.Constant():
            # The text and not Python's number: 0.1 is a tenth, not the binary fraction beside it.
            written = _text(node, expr)
            if not _PLAIN_NUMBER.fullmatch(written):
                raise FormulaError(f"{written} is no plain number")
            number = Fraction(written)
            return lambda _facts: number
        case _:
            raise FormulaError(f"{_text(node, expr)} is not allowed")


def _call(node: ast.Call, name: str, expr: str, depth: int) -> Step:
    fewest, most = (2, 9) if name in _SEVERAL else (1, 1)
    if not fewest <= len(node.args) <= most:
        raise FormulaError(f"{name} has {len(node.args)} arguments")
    function = _FUNCTIONS[name]
    arguments = [_step(argument, expr, depth + 1) for argument in node.args]
    return lambda facts: function(*(argument(facts) for argument in arguments))


def _text(node: ast.expr, expr: str) -> str:
    return ast.get_source_segment(expr, node) or ""
