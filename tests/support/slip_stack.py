"""A stack of slip halves as a shop would hand it in; shares nothing with what reads it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.night_plant import Entry


def typed(entries: Sequence[Entry], *, amounts: dict[str, int] | None = None) -> str:
    """A line a slip with its whole number; `amounts` (fen) stand in place of what the slip should say."""
    return "".join(f"{one.ref} {_yuan((amounts or {}).get(one.ref, one.fen))}\n" for one in entries)


def typed_short(entries: Sequence[Entry]) -> str:
    """Till and day once, then short codes: the running number without zeros and the last sign."""
    lines, head = [], ""
    for one in entries:
        till, day, number, check = one.ref.split("-")
        now = f"{till} 20{day[:2]}-{day[2:4]}-{day[4:]}"
        if now != head:
            lines.append(now)
            head = now
        lines.append(f"{int(number)}{check} {_yuan(one.fen)}")
    return "\n".join(lines) + "\n"


def _yuan(fen: int) -> str:
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"
