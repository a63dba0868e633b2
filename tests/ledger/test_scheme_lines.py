"""The index of lines: it names exactly the keys tomllib read, each on the line it stands on."""

from __future__ import annotations

import tomllib
from pathlib import Path as FilePath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.earning.scheme_file import SCHEMES
from ledger.earning.scheme_lines import line_index
from ledger.earning.scheme_problems import Path

HARD = """\
a.b."c d".'e f' = 1   # dotted, quoted
text = \"\"\"
[no.table]
no = "key" \\"\"\"
still text\"\"\"\"
raw = '''
x = [1, 2
'''
list = [ # comment ]
  1, [2, 3], { x = 1, y.z = "}" },
  "a, b",
]
empty = []
none = {}
[t . u]
k = 2026-01-01T00:00:00Z
[[rows]]
n = 1
[rows.inner]
deep = true
[[rows.sub]]
s = 1
[[rows.sub]]
s = 2
[[rows]]
n = 2
"\\u5e38" = 3
"""


def paths_in(value: Any, path: Path = ()) -> set[Path]:
    found = {path} if path else set()
    if isinstance(value, dict):
        parts: Any = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        parts = ()
    for step, part in parts:
        found |= paths_in(part, (*path, step))
    return found


@pytest.mark.parametrize("file", sorted(SCHEMES.glob("*.toml")), ids=lambda file: file.stem)
def test_every_key_of_a_shipped_file_has_its_line(file: FilePath) -> None:
    text = file.read_text(encoding="utf-8")
    lines = line_index(text)
    written = text.splitlines()

    assert lines.keys() == paths_in(tomllib.loads(text))
    for path, line in lines.items():
        names = [str(step) for step in path if isinstance(step, str)]
        assert names[-1] in written[line - 1] or isinstance(path[-1], int)


def test_keys_are_found_among_texts_lists_and_nested_rows() -> None:
    lines = line_index(HARD)

    assert lines.keys() == paths_in(tomllib.loads(HARD))
    assert lines["a", "b", "c d", "e f"] == 1
    assert lines["raw",] == 6
    assert lines["list", 1, 1] == 10
    assert lines["list", 2, "y", "z"] == 10
    assert lines["list", 3] == 11
    assert lines["t", "u", "k"] == 16
    assert lines["rows", 0, "sub", 1, "s"] == 24
    assert lines["rows", 1, "常"] == 27


keys = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=5
)
quoted_keys = keys.map(lambda key: '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"')
values = st.recursive(
    st.sampled_from(["1", "true", '"x # ] }"', "'[y'", '"""\nz\n"""', "2026-01-01", "1.5"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda rows: "[\n" + " ,\n".join(rows) + "]"),
        st.dictionaries(quoted_keys, inner, max_size=3).map(
            lambda table: "{" + ", ".join(f"{k} = {v}" for k, v in table.items()) + "}"
        ),
    ),
    max_leaves=6,
)
tables = st.dictionaries(quoted_keys, values, max_size=4)


@given(tables, st.dictionaries(keys.filter(str.isalnum), st.lists(tables, max_size=3), max_size=3))
def test_any_text_tomllib_reads_is_indexed_whole(
    head: dict[str, str], rows: dict[str, list[dict[str, str]]]
) -> None:
    lines = [f"{key} = {value}" for key, value in head.items()]
    for name, several in rows.items():
        for row in several:
            lines += [f'[["rows {name}"]]', *(f"{key} = {value}" for key, value in row.items())]
    text = "\n".join(lines)

    assert line_index(text).keys() == paths_in(tomllib.loads(text))
