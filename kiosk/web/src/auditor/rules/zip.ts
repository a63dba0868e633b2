// A ZIP as a list of files, and one file's bytes piece by piece, so that no table has to lie unpacked in memory as a whole.

import { Inflate } from "fflate";

export interface ZipEntry {
  name: string;
  /** Bytes unpacked. */
  size: number;
  packed: Uint8Array;
  isStored: boolean;
}

/** Why a file is not a ZIP this page can read. */
export class ZipFault extends Error {}

const END = 0x06054b50;
const END_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL = 0x04034b50;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const IS_ENCRYPTED = 1;
const BIG = 0xffffffff;
const PIECE = 1 << 17;

/** The files of a ZIP, as its directory at the end lists them. Throws a ZipFault. */
export function readZip(bytes: Uint8Array): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = findEnd(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  const entries: ZipEntry[] = [];
  for (let n = 0; n < count; n += 1) {
    if (at + ENTRY_BYTES > view.byteLength || view.getUint32(at, true) !== ENTRY) throw new ZipFault("directory");
    const names = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + ENTRY_BYTES, at + ENTRY_BYTES + names));
    if (!name.endsWith("/")) entries.push(readEntry(bytes, view, at, name));
    at += ENTRY_BYTES + names + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - END_BYTES - LONGEST_COMMENT);
  for (let at = view.byteLength - END_BYTES; at >= first; at -= 1) {
    if (view.getUint32(at, true) === END) return at;
  }
  throw new ZipFault("end");
}

function readEntry(bytes: Uint8Array, view: DataView, at: number, name: string): ZipEntry {
  const method = view.getUint16(at + 10, true);
  const packedSize = view.getUint32(at + 20, true);
  const size = view.getUint32(at + 24, true);
  const local = view.getUint32(at + 42, true);
  if ((method !== STORED && method !== DEFLATED) || view.getUint16(at + 8, true) & IS_ENCRYPTED) throw new ZipFault("method");
  if (packedSize === BIG || size === BIG || local === BIG) throw new ZipFault("too_large");
  if (local + LOCAL_BYTES > view.byteLength || view.getUint32(local, true) !== LOCAL) throw new ZipFault("entry");
  const start = local + LOCAL_BYTES + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  if (start + packedSize > view.byteLength) throw new ZipFault("entry");
  return { name, size, packed: bytes.subarray(start, start + packedSize), isStored: method === STORED };
}

/** A file's bytes in order, unpacked as they are asked for. Throws a ZipFault where they cannot be unpacked. */
export function* unpack(entry: ZipEntry): Generator<Uint8Array> {
  const { packed } = entry;
  if (entry.isStored) {
    for (let at = 0; at < packed.length; at += PIECE) yield packed.subarray(at, at + PIECE);
    return;
  }
  let pieces: Uint8Array[] = [];
  const inflate = new Inflate((piece) => pieces.push(piece));
  for (let at = 0; at < packed.length; at += PIECE) {
    push(inflate, packed.subarray(at, at + PIECE), at + PIECE >= packed.length);
    yield* pieces;
    pieces = [];
  }
}

function push(inflate: Inflate, piece: Uint8Array, isLast: boolean): void {
  try {
    inflate.push(piece, isLast);
  } catch (error) {
    throw new ZipFault(error instanceof Error ? error.message : "packed");
  }
}

/** A file as a whole; one that is only stored is not copied. */
export function unpackWhole(entry: ZipEntry): Uint8Array {
  if (entry.isStored) return entry.packed;
  const whole = new Uint8Array(entry.size);
  let at = 0;
  for (const piece of unpack(entry)) {
    if (at + piece.length > whole.length) throw new ZipFault("size");
    whole.set(piece, at);
    at += piece.length;
  }
  if (at !== whole.length) throw new ZipFault("size");
  return whole;
}
