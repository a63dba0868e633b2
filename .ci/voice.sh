#!/usr/bin/env bash
# Speaks the standard clips into kiosk/static/voice, once, where espeak-ng is installed.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -f kiosk/static/voice/manifest.json ] && [ kiosk/static/voice/manifest.json -nt kiosk/voice/clips.json ]; then exit 0; fi
.venv/bin/python -m kiosk.voice kiosk/static/voice
