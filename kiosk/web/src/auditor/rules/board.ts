// The signed root as the short code that also stands on notice boards: for the sheet the auditor takes home.

import { readCheckpoint } from "../../rules/tlog/checkpoint";
import { readNote } from "../../rules/tlog/note";
import { writeCode } from "../../rules/tlog/proof_code";
import { utf8 } from "../../rules/bytes";

const VERSION = 1;
const ISSUER = /^[A-Z0-9]{4}$/;

/** The code of a checkpoint's note, null where there is none to write. */
export function boardCode(issuer: string, note: string | null): string | null {
  const read = note === null ? null : readNote(note);
  const head = read && readCheckpoint(read.text);
  const signature = read?.signatures[0];
  if (!head || !signature || !ISSUER.test(issuer)) return null;
  const bytes = [VERSION, ...utf8(issuer), ...leb128(head.size), ...head.root, ...signature.id, ...signature.signature];
  return writeCode("JC1", Uint8Array.from(bytes));
}

/** A number in sevens of bits, the lowest first. */
function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return bytes;
}
