// The resident's code: 255 digits that carry a CWT of 105 bytes whose fields have fixed places.

import { utf8 } from "./bytes";
import { type ForeignKind, foreignKind } from "./foreign";

export const TOKEN_DIGITS = 255;
export const SKEW_S = 30;
const PREFIX = "71";
const BYTES = 105;

/** Why a scanned text is not one of our codes. It never carries the digits: they may be somebody's payment code. */
export type ScanFault =
  | ForeignKind
  | "not_a_code"
  | "wrong_length"
  | "malformed"
  | "other_community"
  | "unknown_key"
  | "wrong_class"
  | "bad_signature"
  | "key_retired"
  | "from_future"
  | "expired";

export type KeyClass = "card" | "dyn" | "earn" | "vch" | "svc" | "crt" | "list";

export interface UnverifiedToken {
  alg: "EdDSA" | "ES256";
  kid: number;
  issuer: string;
  issuedAtS: number;
  expiresAtS: number;
  serial: number;
  issue: number;
  signature: Uint8Array<ArrayBuffer>;
  /** What the signature is over: COSE's Sig_structure. */
  signed: Uint8Array<ArrayBuffer>;
}

export class ScanError extends Error {
  constructor(readonly fault: ScanFault) {
    super(fault);
  }
}

/** The 105 bytes behind a scanned text, or a ScanError that says what was held up instead. */
export function fromDigits(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.trim();
  const foreign = foreignKind(digits);
  if (foreign) throw new ScanError(foreign);
  if (!/^\d+$/.test(digits)) throw new ScanError("not_a_code");
  if (!digits.startsWith(PREFIX)) throw new ScanError("not_a_code");
  if (digits.length !== TOKEN_DIGITS) throw new ScanError("wrong_length");
  const hex = BigInt(digits.slice(PREFIX.length)).toString(16);
  if (hex.length !== BYTES * 2 || !hex.startsWith("d2")) throw new ScanError("malformed");
  const bytes = new Uint8Array(BYTES);
  for (let at = 0; at < BYTES; at += 1) bytes[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

// Everything between the fields is the same in every code, so it is compared and not parsed:
// d2 84 | 46 a2 01 ALG 04 41 KID | a0 | 58 1b a4 01 64 ISS 04 1a EXP 06 1a IAT 07 46 CTI | 58 40 SIGNATURE
const FRAME: [number, number[]][] = [
  [0, [0xd2, 0x84, 0x46, 0xa2, 0x01]],
  [6, [0x04, 0x41]],
  [9, [0xa0, 0x58, 0x1b, 0xa4, 0x01, 0x64]],
  [19, [0x04, 0x1a]],
  [25, [0x06, 0x1a]],
  [31, [0x07, 0x46]],
  [39, [0x58, 0x40]],
];
const HEAD = [2, 9] as const;
const PAYLOAD = [12, 39] as const;
const SIGNATURE = [41, 105] as const;

/** Takes a code apart without cryptography; believe it only after verifyToken. */
export function readToken(text: string): UnverifiedToken {
  const raw = fromDigits(text);
  const fits = FRAME.every(([start, part]) => part.every((byte, at) => raw[start + at] === byte));
  const alg = ({ 0x27: "EdDSA", 0x26: "ES256" } as const)[raw[5]!];
  const view = new DataView(raw.buffer);
  const issuer = String.fromCharCode(...raw.subarray(15, 19));
  const expiresAtS = view.getUint32(21);
  const issuedAtS = view.getUint32(27);
  if (!fits || alg === undefined || !/^[0-9A-Za-z]{4}$/.test(issuer) || issuedAtS >= expiresAtS) {
    throw new ScanError("malformed");
  }
  return {
    alg,
    kid: raw[8]!,
    issuer,
    issuedAtS,
    expiresAtS,
    serial: view.getUint32(33),
    issue: view.getUint16(37),
    signature: raw.slice(...SIGNATURE),
    signed: signedPart(raw.subarray(...HEAD), raw.subarray(...PAYLOAD)),
  };
}

function signedPart(head: Uint8Array, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  // ["Signature1", protected, external (empty), payload]; head carries its own length byte.
  const context = utf8("Signature1");
  return Uint8Array.of(0x84, 0x6a, ...context, ...head, 0x40, 0x58, payload.length, ...payload);
}
