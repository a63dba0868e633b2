"""The decoder the till uses, told what the till tells it."""

from __future__ import annotations

from typing import Final

import zxingcpp
from PIL import Image, ImageFilter

# The till looks for QR codes alone (kiosk/web/src/scan/decoder.ts). Asked for every kind, the
# decoder now and then sees a stray stacked barcode in the dots of a signed code.
QR_ONLY: Final = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCodeModel2)


def qr_codes(image: Image.Image) -> list[zxingcpp.Barcode]:
    """Every QR code in `image`, in the order the decoder found them."""
    return zxingcpp.read_barcodes(image, formats=QR_ONLY)


# What kiosk/web/src/rules/sharpen.ts does to the middle of a frame.
_CLOSE_PX: Final = 400
_REACH: Final = 4
_AMOUNT: Final = 2


def till_reads(frame: Image.Image, *, closer: bool = True) -> list[str]:
    """What the till's reader makes of one frame of its camera; with `closer` also on its second look."""
    found = [code.text for code in qr_codes(frame)]
    if found or not closer:
        return found
    return [code.text for code in qr_codes(_closer(frame))]


def _closer(frame: Image.Image) -> Image.Image:
    """The middle, twice as large and sharpened: three times the picture less twice what lies around each dot."""
    left, top = (frame.width - _CLOSE_PX) // 2, (frame.height - _CLOSE_PX) // 2
    middle = frame.crop((left, top, left + _CLOSE_PX, top + _CLOSE_PX))
    large = middle.resize((2 * _CLOSE_PX, 2 * _CLOSE_PX), Image.Resampling.BILINEAR)
    return Image.blend(large.filter(ImageFilter.BoxBlur(_REACH)), large, 1 + _AMOUNT)
