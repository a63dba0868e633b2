// The barcode reader: zxing-cpp as wasm, fetched and compiled while the camera still wakes up.

import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

const OPTIONS: ReaderOptions = { formats: ["QRCodeModel2"], maxNumberOfSymbols: 1, tryInvert: false };

let ready: Promise<boolean> | null = null;

/** Starts loading the reader, and says whether it runs here; calling it again costs nothing. */
export function prepareDecoder(): Promise<boolean> {
  ready ??= prepareZXingModule({ overrides: { locateFile: () => wasmUrl }, fireImmediately: true }).then(
    () => true,
    (error: unknown) => {
      // No network, or a browser that forbids wasm: the screen says so and the hand scanner works.
      console.warn("the code reader did not start", error);
      ready = null;
      return false;
    },
  );
  return ready;
}

/** The text of the code in the picture, or null. */
export async function decode(image: ImageData): Promise<string | null> {
  await prepareDecoder();
  const [found] = await readBarcodes(image, OPTIONS);
  return found?.isValid ? found.text : null;
}
