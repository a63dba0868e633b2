"""The clips sentences are joined from: good or neutral news and numbers, and nothing else.

A refusal, a limit, a lost card or a balance has no clip, so no screen can say one aloud. Chinese text and pinyin stand
in `clips.json` beside this file: a synthesiser reads the pinyin, a volunteer reads the text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from ledger.errors import Refusal

MANIFEST: Final = "manifest.json"
KINDS: Final = frozenset({".wav", ".mp3", ".ogg"})
_TABLE: Final = Path(__file__).parent / "clips.json"


class Clip(NamedTuple):
    """One spoken piece: what a person reads, and the same in pinyin with tones."""

    text: str
    pinyin: str


@lru_cache
def clips() -> Mapping[str, Clip]:
    """Every clip by name."""
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    return {name: Clip(*pair) for name, pair in table.items()}


def found_in(folder: Path) -> dict[str, Path]:
    """The clips a folder holds: name to file, by its manifest {"clips": {"arrived": "arrived.wav"}}.

    A name that is no clip of ours, a file that is missing or lies elsewhere, or another kind of file is passed over:
    that clip comes from the standard folder. A folder without a manifest, or with one nobody can read, holds nothing.
    """
    listed = _listed(folder / MANIFEST)
    return {
        name: folder / file
        for name, file in listed.items()
        if name in clips()
        and isinstance(file, str)
        and Path(file).name == file
        and Path(file).suffix in KINDS
        and (folder / file).is_file()
    }


def chosen(local: Path, standard: Path) -> dict[str, Path]:
    """What is spoken: the community's own clips, and the standard ones for what it lacks."""
    return {**found_in(standard), **found_in(local)}


def clip_file(local: Path, standard: Path, name: str) -> Path:
    """The file of one clip. Refuses: route_not_found."""
    found = chosen(local, standard).get(name)
    if found is None:
        raise Refusal("route_not_found")
    return found


def _listed(manifest: Path) -> dict[str, Any]:
    try:
        read = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    listed = read.get("clips") if isinstance(read, dict) else None
    return listed if isinstance(listed, dict) else {}
