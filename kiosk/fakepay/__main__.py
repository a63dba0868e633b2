"""Starts the fake channel: `python -m kiosk.fakepay --port 12111`."""

from kiosk.fakepay.serve import serve

serve()
