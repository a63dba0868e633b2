"""Speak the standard clips with espeak-ng into a folder: `python -m kiosk.voice kiosk/static/voice`."""

from __future__ import annotations

import json
import shutil
import subprocess
import wave
from array import array
from pathlib import Path
from typing import Final

import click

from kiosk.voice.clips import MANIFEST, clips

_VOICE: Final = "cmn-latn-pinyin"
_WORDS_A_MINUTE: Final = "150"
_QUIET: Final = 300
"""Softer than this is silence, of 32,768."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Write every clip and the manifest; without espeak-ng nothing is written, and screens give tones alone."""
    program = shutil.which("espeak-ng")
    if program is None:
        click.echo("voice: espeak-ng is not installed, so results are told by tones without words")
        return
    folder.mkdir(parents=True, exist_ok=True)
    listed = {}
    for name, clip in clips().items():
        file = folder / f"{name}.wav"
        subprocess.run(  # noqa: S603 - a program of the system, texts of our own
            [program, "-v", _VOICE, "-s", _WORDS_A_MINUTE, "-w", str(file), clip.pinyin],
            check=True,
            capture_output=True,
        )
        _make_small(file)
        listed[name] = file.name
    manifest = json.dumps({"clips": listed}, indent=1)
    (folder / MANIFEST).write_text(manifest, encoding="utf-8")
    size = sum(file.stat().st_size for file in folder.iterdir())
    click.echo(f"voice: {len(listed)} clips, {size // 1000} kB")


def _make_small(file: Path) -> None:
    """Half as many samples, and no silence before and after: clips are joined without a gap."""
    with wave.open(str(file), "rb") as spoken:
        rate = spoken.getframerate()
        samples = array("h", spoken.readframes(spoken.getnframes()))
    halved = [(a + b) // 2 for a, b in zip(samples[::2], samples[1::2], strict=False)]
    loud = [place for place, value in enumerate(halved) if abs(value) > _QUIET]
    kept = halved[max(0, loud[0] - 100) : loud[-1] + 400] if loud else []
    with wave.open(str(file), "wb") as small:
        small.setnchannels(1)
        small.setsampwidth(2)
        small.setframerate(rate // 2)
        small.writeframes(array("h", kept).tobytes())


if __name__ == "__main__":
    main()
