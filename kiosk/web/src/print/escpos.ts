// A picture of black and white dots as the bytes a receipt printer takes: ESC/POS raster images, which know no alphabet, so
// that every sign a screen shows is printed, whatever characters the printer was built with.

/** One bit a dot, black is 1, each row begins with a new byte. */
export interface Bitmap {
  width: number;
  height: number;
  bits: Uint8Array;
}

const ESC = 0x1b;
const GS = 0x1d;
/** Dots across the paper at 203 to the inch: 48 and 72 mm of 58 and 80 can be printed on. */
export const PAPER_DOTS = { 58: 384, 80: 576 } as const;
/** Rows of one image command: small printers hold no more of it. */
const BAND_ROWS = 128;
const FEED_LINES = 4;
const DARK = 128;

/** The bytes that print a picture, feed it past the cutter and cut; a printer without a cutter leaves the last out. */
export function escpos(picture: Bitmap): Uint8Array<ArrayBuffer> {
  const across = picture.width / 8;
  const bytes: number[] = [ESC, 0x40];
  for (let top = 0; top < picture.height; top += BAND_ROWS) {
    const rows = Math.min(BAND_ROWS, picture.height - top);
    bytes.push(GS, 0x76, 0x30, 0, across & 0xff, across >> 8, rows & 0xff, rows >> 8);
    for (const byte of picture.bits.subarray(top * across, (top + rows) * across)) bytes.push(byte);
  }
  bytes.push(ESC, 0x64, FEED_LINES, GS, 0x56, 0x42, 0);
  return Uint8Array.from(bytes);
}

/** Black where a point of the canvas is dark; `rgba` four bytes a point, the width a multiple of eight. */
export function bitmapOf(rgba: Uint8ClampedArray, width: number, height: number): Bitmap {
  const across = width / 8;
  const bits = new Uint8Array(across * height);
  for (let point = 0; point < width * height; point += 1) {
    const [red, green, blue] = [rgba[point * 4]!, rgba[point * 4 + 1]!, rgba[point * 4 + 2]!];
    if (red * 0.299 + green * 0.587 + blue * 0.114 >= DARK) continue;
    const place = Math.floor(point / width) * across + ((point % width) >> 3);
    bits[place] = bits[place]! | (0x80 >> (point & 7));
  }
  return { width, height, bits };
}
