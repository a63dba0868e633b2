"""The decoder the till uses, told what the till tells it."""

from __future__ import annotations

from typing import Final

import zxingcpp
from PIL import Image

# The till looks for QR codes alone (kiosk/web/src/scan/decoder.ts). Asked for every kind, the
# decoder now and then sees a stray stacked barcode in the dots of a signed code.
QR_ONLY: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def qr_codes(image: Image.Image) -> list[zxingcpp.Barcode]:
    """Every QR code in `image`, in the order the decoder found them."""
    return zxingcpp.read_barcodes(image, formats=QR_ONLY)
