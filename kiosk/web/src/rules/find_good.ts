// Goods by what a volunteer types or scans: name, first letters of its sounds, code, barcode.

export interface Named {
  code: string;
  name: string;
  initials?: string;
  barcode?: string;
}

/** Goods that a typed text means; all of them for an empty one. */
export function matching<G extends Named>(goods: readonly G[], typed: string): G[] {
  const text = typed.trim().toLowerCase();
  if (text === "") return [...goods];
  return goods.filter(
    (good) =>
      good.name.toLowerCase().includes(text) ||
      (good.initials ?? "").includes(text) ||
      good.code.toLowerCase().startsWith(text) ||
      (good.barcode ?? "").endsWith(text),
  );
}

/** EAN-8, UPC-A, EAN-13 and ITF-14 are digits alone; a points code is longer by far. */
export const isBarcode = (text: string): boolean => /^(\d{8}|\d{12,14})$/.test(text);

/** The good behind a scanned barcode or a shelf label with our own code. */
export function scannedGood<G extends Named>(goods: readonly G[], text: string): G | null {
  return goods.find((good) => good.barcode === text && text !== "") ?? goods.find((good) => good.code === text.toUpperCase()) ?? null;
}
