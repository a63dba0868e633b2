"""DataComPy over the two tables a night compares: reads them, compares them, prints times and counts.

    python -m tests.bench.datacompy_once URL FIRST_TXN LAST_TXN RUN_NO ROUNDS

The tables are read as quickly as we know how (COPY as CSV into a data frame, parsed by many threads) and compared with
its pandas and its Polars engine: keys shop and reference, amounts to the unit, times to a quarter of an hour.
"""

from __future__ import annotations

import importlib
import io
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from settlement.matching import CLOCK_US
from tests.bench.night_once import peak_mib

sys.path.insert(0, str(Path(__file__).parents[2] / "build" / "bench"))

_BOOKED = (
    "COPY (SELECT claimant_id, ref, units, fen, occurred_at FROM offset_booked WHERE community_id = 1"
    " AND txn_id BETWEEN {first} AND {last}) TO STDOUT (FORMAT csv, HEADER)"
)
_CLAIMED = (
    "COPY (SELECT claimant_id, ref, units, fen, occurred_at FROM claim WHERE community_id = 1 AND batch_id IN"
    " (SELECT batch_id FROM claim_batch WHERE community_id = 1 AND run_no = {run_no})) TO STDOUT (FORMAT csv, HEADER)"
)
_EXACT = {"default": 0.0, "occurred_at": float(CLOCK_US)}


def _table(url: str, statement: str, read: Callable[[io.BytesIO], Any]) -> Any:
    out = io.BytesIO()
    with (
        psycopg.connect(url) as connection,
        connection.cursor() as cursor,
        cursor.copy(statement.encode()) as copy,
    ):
        for block in copy:
            out.write(block)
    out.seek(0)
    return read(out)


def _rounds(
    rounds: int, read: Callable[[], tuple[Any, Any]], compare: Callable[[Any, Any], Any]
) -> dict[str, float]:
    """Medians of the rounds after a first, and how many lines do not agree."""
    reads, compares, odd = [], [], 0
    for _ in range(rounds + 1):
        began = time.perf_counter()
        booked, claimed = read()
        between = time.perf_counter()
        found = compare(booked, claimed)
        odd = len(found.all_mismatch()) + len(found.df1_unq_rows) + len(found.df2_unq_rows)
        compares.append(time.perf_counter() - between)
        reads.append(between - began)
    return {
        "read_s": statistics.median(reads[1:]),
        "compare_s": statistics.median(compares[1:]),
        "odd": odd,
        "peak_mib": peak_mib(),
    }


def main(url: str, first: str, last: str, run_no: str, rounds: str) -> None:
    """Print a line of JSON: for each engine its times and counts."""
    datacompy: Any = importlib.import_module("datacompy")
    frames = {
        "pandas": (
            lambda out: importlib.import_module("pandas").read_csv(out, engine="pyarrow"),
            datacompy.PandasCompare,
        ),
        "Polars": (importlib.import_module("polars").read_csv, datacompy.PolarsCompare),
    }
    named = {"first": int(first), "last": int(last), "run_no": int(run_no)}
    found = {}
    for name, (read, compare) in frames.items():
        found[name] = _rounds(
            int(rounds),
            lambda read=read: tuple(  # type: ignore[misc]
                _table(url, statement.format(**named), read) for statement in (_BOOKED, _CLAIMED)
            ),
            lambda booked, claimed, compare=compare: compare(  # type: ignore[misc]
                booked, claimed, join_columns=["claimant_id", "ref"], abs_tol=_EXACT
            ),
        )
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
