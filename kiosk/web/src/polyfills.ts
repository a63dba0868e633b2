// Chromium 80 is the floor; the barcode reader calls Object.hasOwn, which came with 93.
const holder = Object as { hasOwn?: (target: object, key: PropertyKey) => boolean };
holder.hasOwn ??= (target, key) => Object.prototype.hasOwnProperty.call(target, key);

export {};
