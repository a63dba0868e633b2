"""Lines read many at once are what they are read one by one, whatever stands between them."""

from __future__ import annotations

import hashlib
import random
import struct
from zlib import crc32

import pytest

from settlement import claim_file
from settlement.claim_file import ClaimFile, read_claim_file
from settlement.daybook import ClaimLine
from settlement.filed_lines import LineSeal

_HEAD = "商户号,抵扣凭证号,抵扣时间,抵扣积分,抵扣金额,备注,申报月份"
_PLAIN = (
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 {hour:02d}:{n2:02d}:07,{points}.00,{yuan}.50,,202603"
)
_ODD = (
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,-{points}.00,-{yuan}.50,refund",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,-{yuan}.50,refund",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,-{points}.00,{yuan}.50,sign",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,0.00,zero",
    'M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,"1,{n2:02d}0.00",{yuan}.5,',
    "M01,`M01T1-260302-{n:05d}-K,2026/3/2 9:05,{points},¥{yuan},",
    "M02,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,{yuan}.50,another shop",
    "M01,M01T1-260302-{n:05d}-K,2026-02-30 10:30:00,{points}.00,{yuan}.50,no day",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 25:30:00,{points}.00,{yuan}.50,no hour",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:60:00,{points}.00,{yuan}.50,no minute",
    'M01,"M01T1-260302-{n:05d}\n-K",2026-03-02 10:30:00,{points}.00,{yuan}.50,',
    'M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,"{yuan}.50\n1.00",',
    'M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,{yuan}.50,"a note\nof two lines"',
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,{yuan}.50,,202604",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,{yuan}.50,,2026-03",
    "M01,=A1,2026-03-02 10:30:00,{points}.00,{yuan}.50,",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,12345678901234567.50,",
    "M01,M01T1-260302-{n:05d}-K,2026-03-02 10:30:00,{points}.00,\uff11\uff12.50,",
    "",
    ",,,,,",
)
_ENDS = ("", "合计,,,{points}.00,{yuan}.00,\n", "合计,,,1.00,1.00,\nM01,late,x,1,1,\n", '"\r')


def _list(rng: random.Random, odd_of_a_thousand: int) -> bytes:
    lines = [_HEAD]
    for n in range(rng.choice((0, 1, 15, 17, 255, 257, 900))):
        style = rng.choice(_ODD) if rng.randrange(1000) < odd_of_a_thousand else _PLAIN
        lines.append(
            style.format(
                n=n, n2=n % 60, hour=rng.randrange(24), points=rng.randrange(9999), yuan=n + 1
            )
        )
    return ("\n".join(lines) + "\n" + rng.choice(_ENDS).format(points=5, yuan=7)).encode()


def _read(body: bytes, *, precision: int = 2) -> ClaimFile:
    return read_claim_file(body, merchant_code="M01", timezone="Asia/Shanghai", precision=precision)


@pytest.mark.parametrize("odd_of_a_thousand", [0, 3, 60, 700])
@pytest.mark.parametrize("precision", [2, 0])
def test_many_at_once_are_what_they_are_one_by_one(
    odd_of_a_thousand: int, precision: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(odd_of_a_thousand)
    bodies = [_list(rng, odd_of_a_thousand) for _ in range(12)]
    quick = [_read(body, precision=precision) for body in bodies]
    monkeypatch.setattr(claim_file._Cells, "plain", lambda _self: None)
    slow = [_read(body, precision=precision) for body in bodies]
    assert quick == slow
    assert odd_of_a_thousand == 0 or any(found.faults for found in slow)
    assert precision == 0 or any(len(found.lines) > 10 for found in slow)


def test_an_hour_that_comes_twice_is_read_as_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        f"M01,R{n:04d},2026-10-25 {hour:02d}:{n % 60:02d}:00,1.00,1.00,"
        for n, hour in enumerate([1, 2, 2, 3] * 80)
    ]
    body = "\n".join([_HEAD, *rows]).encode()
    quick = read_claim_file(body, merchant_code="M01", timezone="Europe/Berlin")
    monkeypatch.setattr(claim_file._Cells, "plain", lambda _self: None)
    assert quick == read_claim_file(body, merchant_code="M01", timezone="Europe/Berlin")
    assert len(quick.lines) == 320


@pytest.mark.parametrize("count", [0, 1, 1_000, 2_345])
def test_lines_sealed_in_parts_have_the_seal_of_all(count: int) -> None:
    lines = [ClaimLine(n + 2, f"R{n}", "sale", n * 20, n, n, 20260302) for n in range(count)]
    texts = ["|".join(map(str, line)) + "\n" for line in lines]
    seal = LineSeal(lines)
    seal.go_on()
    found = seal.sealed()
    assert found.sha256 == hashlib.sha256("".join(texts).encode()).hexdigest()
    numbers = struct.unpack(f">{2 * count}I", bytes.fromhex(found.checks))
    assert numbers[::2] == tuple(line.line_no for line in lines)
    assert numbers[1::2] == tuple(crc32(text.encode()) for text in texts)
