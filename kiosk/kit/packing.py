"""Puts a kit together: the export, what the page needs to name things, the page itself, and how to use them."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from kiosk.kit.words import permission_words, point_words, role_words
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import communities, schemes
from ledger.units import FIRST_POINT_COMMODITY
from settlement.export.pack import pack
from settlement.export.write import write_export

PAGE: Final = Path(__file__).parent.parent / "static" / "auditor" / "auditor.html"
EMBED_LIMIT: Final = 64 << 20
"""Bytes: a larger export is not put into the page as well, since browsers hold a page's text as one string."""

_SLOT: Final = b'<script type="text/plain" id="kit-data">'
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_PIECE: Final = 3 << 18
_READMES: Final = {"README.zh.txt": "readme.zh.md", "README.en.txt": "readme.en.md"}

Progress = Callable[[int, int], None]
"""Told how much of the export is written, and of how much."""


class Period(NamedTuple):
    """The business dates (yyyymmdd) the auditor asked about; the export holds the whole book all the same."""

    first_date: int
    last_date: int


class Kit(NamedTuple):
    """What was made: sizes in bytes, hashes as SHA-256 in hexadecimal."""

    size: int
    root: str
    rows: int
    data_bytes: int
    data_sha256: str
    page_sha256: str
    kit_sha256: str
    is_embedded: bool


def write_kit(
    db: Database,
    community_id: int,
    out: Path,
    period: Period,
    *,
    at: int,
    progress: Progress = lambda _done, _of: None,
    embed_limit: int = EMBED_LIMIT,
) -> Kit:
    """Write the kit into the new file `out`.

    The page holds the data itself up to `embed_limit` bytes; beyond that the auditor gives it the ZIP.
    Refuses: export_folder_taken (the file is there), kit_page_missing (the page was not built).
    """
    if out.exists():
        raise Refusal("export_folder_taken", folder=out.name)
    if not PAGE.is_file():
        raise Refusal("kit_page_missing")
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".kit-") as name:
        folder = Path(name)
        manifest = write_export(db, community_id, folder / "export", at=at, progress=progress)
        data = folder / "export.zip"
        pack(folder / "export", data)
        about = json.dumps(_about(db, community_id, period, at=at), ensure_ascii=False)
        is_embedded = data.stat().st_size <= embed_limit
        filled = folder / "auditor.html"
        _write_page(filled, PAGE, about, data if is_embedded else None)
        facts = {
            "data": _sha256(data),
            "page": _sha256(filled),
            "size": manifest["size"],
            "root": manifest["root"],
        }
        fresh = folder / "kit.zip"
        _write_zip(fresh, about, data, filled, _readmes(manifest, period, facts))
        kit_sha256 = _sha256(fresh)
        shutil.move(fresh, out)
        return Kit(
            size=int(manifest["size"]),
            root=manifest["root"],
            rows=sum(file["rows"] for file in manifest["files"].values()),
            data_bytes=data.stat().st_size,
            data_sha256=facts["data"],
            page_sha256=facts["page"],
            kit_sha256=kit_sha256,
            is_embedded=is_embedded,
        )


def _about(db: Database, community_id: int, period: Period, *, at: int) -> dict[str, Any]:
    """What the page shows and does not believe: the days asked about, names of roles and of points."""
    with db.read() as tx:
        here = communities.get_community(tx, community_id)
        scheme = schemes.in_force(schemes.versions(tx, community_id), period.last_date)
    return {
        "from": period.first_date,
        "to": period.last_date,
        "name": here.name,
        "madeAt": at,
        "roles": role_words(),
        "permissions": permission_words(),
        "points": point_words(scheme, FIRST_POINT_COMMODITY + 1),
    }


def _write_page(target: Path, page: Path, about: str, data: Path | None) -> None:
    """The page with the data in it as base64, in pieces: a year of a large community is tens of megabytes."""
    before, slot, after = page.read_bytes().partition(_SLOT)
    if not slot:
        raise Refusal("kit_page_missing")
    with target.open("xb") as file:
        file.write(before + slot)
        if data is not None:
            with tempfile.TemporaryFile(dir=target.parent) as core:
                with zipfile.ZipFile(core, "w") as archive:
                    _add_text(archive, "kit.json", about)
                    _add_file(archive, data, zipfile.ZIP_STORED)
                core.seek(0)
                for piece in _pieces(core):
                    file.write(base64.b64encode(piece))
        file.write(after)


def _write_zip(target: Path, about: str, data: Path, page: Path, readmes: dict[str, str]) -> None:
    with zipfile.ZipFile(target, "x") as archive:
        for name, text in readmes.items():
            _add_text(archive, name, text)
        _add_file(archive, page, zipfile.ZIP_DEFLATED)
        _add_text(archive, "kit.json", about)
        _add_file(archive, data, zipfile.ZIP_STORED)


def _add_text(archive: zipfile.ZipFile, name: str, text: str) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), text.encode(), zipfile.ZIP_DEFLATED)


def _add_file(archive: zipfile.ZipFile, path: Path, method: int) -> None:
    entry = zipfile.ZipInfo(path.name, _EPOCH)
    entry.compress_type = method
    entry.file_size = path.stat().st_size
    with path.open("rb") as source, archive.open(entry, "w") as sink:
        shutil.copyfileobj(source, sink, _PIECE)


def _readmes(manifest: dict[str, Any], period: Period, facts: dict[str, Any]) -> dict[str, str]:
    """How to use the kit, in both languages; with the mark that lets old editors see that it is UTF-8."""
    values = {
        **facts,
        "issuer": manifest["issuer"],
        "first": _day(period.first_date),
        "last": _day(period.last_date),
        "limit": EMBED_LIMIT >> 20,
    }
    return {
        name: "\ufeff"
        + Path(__file__).with_name(source).read_text(encoding="utf-8").format(**values)
        for name, source in _READMES.items()
    }


def _day(date: int) -> str:
    text = str(date)
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def _pieces(file: BinaryIO | Any) -> Iterator[bytes]:  # noqa: ANN401 - a temporary file has a class of its own
    while piece := file.read(_PIECE):
        yield piece


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in _pieces(file):
            digest.update(piece)
    return digest.hexdigest()
