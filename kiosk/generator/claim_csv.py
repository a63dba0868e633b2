"""Claim files as shops really send them: CSV by hand, with the habits of spreadsheets, and files gone wrong."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

from kiosk.generator.shapes import CHINA, SECOND_US

FileFault = Literal["NO_FILE", "EMPTY", "UNREADABLE", "TOTALS_WRONG"]
FILE_FAULTS: Final[tuple[FileFault, ...]] = ("NO_FILE", "EMPTY", "UNREADABLE", "TOTALS_WRONG")

_HEADINGS: Final = (
    "申报月份", "商户号", "抵扣凭证号", "抵扣时间", "抵扣积分", "抵扣金额", "小票号", "备注",
)  # fmt: skip
_TOTAL: Final = "合计"
_GBK, _QUOTES, _THOUSANDS, _SLASHES, _TOTAL_ROW, _WRONG_MONTH = 0.08, 0.25, 0.06, 0.12, 0.30, 0.01
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Habits:
    """How one file is written; none of these is a fault a reader may stumble over."""

    gbk: bool = False
    back_quotes: bool = False
    thousands: bool = False
    slashed_dates: bool = False
    total_row: bool = False
    wrong_month: bool = False

    def names(self) -> list[str]:
        """The habits this file shows."""
        return [name for name in self.__slots__ if getattr(self, name)]


def draw_habits(chance: random.Random) -> Habits:
    """The habits of one file."""
    return Habits(
        gbk=chance.random() < _GBK,
        back_quotes=chance.random() < _QUOTES,
        thousands=chance.random() < _THOUSANDS,
        slashed_dates=chance.random() < _SLASHES,
        total_row=chance.random() < _TOTAL_ROW,
        wrong_month=chance.random() < _WRONG_MONTH,
    )


def write_claims(
    merchant: str,
    month: int,
    claims: Sequence[dict[str, Any]],
    habits: Habits,
    *,
    wrong_by_fen: int = 0,
) -> bytes:
    """One shop's claim file for a month (yyyymm) or a part of it; its total may be wrong by some fen."""
    if habits.wrong_month:
        month = month - 1 if month % 100 > 1 else month - 89
    rows = [_HEADINGS, *(_row(merchant, month, claim, habits) for claim in claims)]
    if habits.total_row or wrong_by_fen:
        rows.append(_total(claims, habits, wrong_by_fen))
    return _encoded(rows, habits)


def write_spoiled(
    merchant: str, month: int, claims: Sequence[dict[str, Any]], habits: Habits, fault: FileFault
) -> bytes | None:
    """The same file with a fault that makes it useless: None where none arrives at all."""
    match fault:
        case "NO_FILE":
            return None
        case "EMPTY":
            return b""
        case "TOTALS_WRONG":
            return write_claims(merchant, month, claims, habits, wrong_by_fen=100)
        case "UNREADABLE":
            # Cut in the middle of a sign of the heading, as by a broken upload, rubbish behind.
            body = write_claims(merchant, month, claims, habits)
            return body[:4] + b"\xff\xfe\x00\xd8\x81" + body[7:40]


def _row(merchant: str, month: int, claim: dict[str, Any], habits: Habits) -> tuple[str, ...]:
    at = datetime.fromtimestamp(claim["occurred_at"] // SECOND_US, UTC).astimezone(CHINA)
    time = (
        f"{at.year}/{at.month}/{at.day} {at:%H:%M:%S}"
        if habits.slashed_dates
        else f"{at:%Y-%m-%d %H:%M:%S}"
    )
    return (
        str(month),
        merchant,
        claim["ref"],
        time,
        _points(claim["units"]),
        _yuan(claim["fen"], habits),
        str(claim.get("receipt_no") or ""),
        "",
    )


def _total(claims: Sequence[dict[str, Any]], habits: Habits, wrong_by_fen: int) -> tuple[str, ...]:
    units = sum(claim["units"] for claim in claims)
    fen = sum(claim["fen"] for claim in claims) + wrong_by_fen
    return (_TOTAL, "", "", "", _points(units), _yuan(fen, habits), "", "")


def _points(units: int) -> str:
    sign, whole = ("-", -units) if units < 0 else ("", units)
    return (
        f"{sign}{whole // 100}" if whole % 100 == 0 else f"{sign}{whole // 100}.{whole % 100:02d}"
    )


def _yuan(fen: int, habits: Habits) -> str:
    sign, whole = ("-", -fen) if fen < 0 else ("", fen)
    yuan = f"{whole // 100:,}" if habits.thousands else str(whole // 100)
    return f"{sign}{yuan}.{whole % 100:02d}"


def _encoded(rows: Sequence[Sequence[str]], habits: Habits) -> bytes:
    mark = "`" if habits.back_quotes else ""
    text = "".join(
        ",".join(_cell(cell if number == 0 else mark + cell) for cell in row) + "\r\n"
        for number, row in enumerate(rows)
    )
    return text.encode("gbk") if habits.gbk else (_BYTE_ORDER_MARK + text).encode()


def _cell(text: str) -> str:
    return f'"{text}"' if "," in text else text
