"""`python -m settlement.auditor EXPORT`: the audit without the product around it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from settlement.auditor.run import audit
from settlement.auditor.source import NotAnExportError


def main() -> int:
    """Audit what the command line names; 0: passed, 1: something was found, 2: not an export."""
    parser = argparse.ArgumentParser(prog="audit", description=__doc__)
    parser.add_argument("export", type=Path, help="the folder or ZIP of an export")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument("--language", choices=("zh", "en"), default="zh")
    chosen = parser.parse_args()
    try:
        report = audit(chosen.export)
    except NotAnExportError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if chosen.json:
        text = json.dumps(report.to_json(chosen.language), ensure_ascii=False, sort_keys=True)
    else:
        text = report.to_text(chosen.language)
    sys.stdout.write(text + "\n")
    return 0 if report.passed else 1


if __name__ == "__main__":
    sys.exit(main())
