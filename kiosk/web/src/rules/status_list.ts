// The signed list of cards that are not good: a Token Status List (two bits a card) in a CWT of the community.

import { unzlibSync } from "fflate";
import { utf8 } from "./bytes";
import { type Cbor, CborError, readCbor, Tagged } from "./cbor";
import { isSignedBy, type Jwk } from "./verify";

export type CardState = "good" | "revoked" | "suspended" | "replaced";

export interface CardList {
  madeAtS: number;
  expiresAtS: number;
  /** Two bits a serial: 0 good, 1 revoked, 2 suspended. */
  bits: Uint8Array;
  /** The newest issue of each serial that was issued anew. */
  issues: Map<number, number>;
}

/** The list is damaged, or not this community's. */
export class ListError extends Error {}

const TYPE = "application/statuslist+cwt";
const SIGN1 = 18;
const [ALG, KID, TYP] = [1, 4, 16];
const [ISS, EXP, IAT, LIST, ISSUES] = [1, 4, 6, 65533, -70001];
const COSE = { [-8]: "EdDSA", [-7]: "ES256" } as Record<number, Jwk["alg"]>;
const PER_BYTE = 4;

/** Believes a list or throws a ListError: form, key of class `list`, signature and community must all be right. */
export async function readCardList(raw: Uint8Array<ArrayBuffer>, keys: Jwk[], issuer: string): Promise<CardList> {
  const { head, payload, signature } = take(raw);
  const protectedPart = mapIn(head);
  const kid = protectedPart.get(KID);
  const alg = COSE[protectedPart.get(ALG) as number];
  if (!(kid instanceof Uint8Array) || alg === undefined || protectedPart.get(TYP) !== TYPE) throw new ListError("head");
  const signed = signedPart(head, payload);
  const fitting = keys.filter((key) => key.class === "list" && key.community === issuer && Number(key.kid) === kid[0] && key.alg === alg);
  let believed = false;
  for (const key of fitting) believed ||= await isSignedBy(key, signature, signed);
  if (!believed) throw new ListError("signature");
  return claimsOf(mapIn(payload), issuer);
}

function take(raw: Uint8Array<ArrayBuffer>): { head: Bytes; payload: Bytes; signature: Bytes } {
  const whole = read(raw);
  const parts = whole instanceof Tagged && whole.tag === SIGN1 ? whole.value : null;
  if (!Array.isArray(parts) || parts.length !== 4) throw new ListError("form");
  const [head, , payload, signature] = parts;
  if (!(head instanceof Uint8Array) || !(payload instanceof Uint8Array) || !(signature instanceof Uint8Array)) throw new ListError("form");
  return { head, payload, signature };
}

type Bytes = Uint8Array<ArrayBuffer>;

function claimsOf(claims: Map<Cbor, Cbor>, issuer: string): CardList {
  const list = claims.get(LIST);
  const [madeAtS, expiresAtS, issues] = [claims.get(IAT), claims.get(EXP), claims.get(ISSUES)];
  const bits = list instanceof Map ? list.get("lst") : undefined;
  const isWhole = list instanceof Map && list.get("bits") === 2 && bits instanceof Uint8Array && issues instanceof Uint8Array;
  if (claims.get(ISS) !== issuer || !isWhole || typeof madeAtS !== "number" || typeof expiresAtS !== "number") throw new ListError("claims");
  return { madeAtS, expiresAtS, bits: unzip(bits), issues: readIssues(unzip(issues)) };
}

/** How a printed card of that issue stands; beyond the list's end nothing bad is known of a card. */
export function cardState(list: CardList, serial: number, issue: number): CardState {
  const place = Math.floor(serial / PER_BYTE);
  const status = ((list.bits[place] ?? 0) >> ((serial % PER_BYTE) * 2)) & 3;
  if (status === 2) return "suspended";
  if (status !== 0) return "revoked";
  return issue < (list.issues.get(serial) ?? 1) ? "replaced" : "good";
}

function read(bytes: Bytes): Cbor {
  try {
    return readCbor(bytes);
  } catch (error) {
    if (error instanceof CborError) throw new ListError(error.message);
    throw error;
  }
}

function mapIn(bytes: Bytes): Map<Cbor, Cbor> {
  const found = read(bytes);
  if (!(found instanceof Map)) throw new ListError("form");
  return found;
}

function unzip(packed: Uint8Array): Uint8Array {
  try {
    return unzlibSync(packed);
  } catch {
    // fflate throws plain Errors with codes of its own for every damage.
    throw new ListError("packing");
  }
}

/** Varint pairs: the step from the serial before, and the newest issue. */
function readIssues(packed: Uint8Array): Map<number, number> {
  const numbers: number[] = [];
  let [value, factor] = [0, 1];
  for (const byte of packed) {
    value += (byte % 128) * factor;
    factor *= 128;
    if (byte >= 128) continue;
    numbers.push(value);
    [value, factor] = [0, 1];
  }
  const issues = new Map<number, number>();
  let serial = 0;
  for (let at = 0; at + 1 < numbers.length; at += 2) {
    serial += numbers[at]!;
    issues.set(serial, numbers[at + 1]!);
  }
  return issues;
}

/** COSE's Sig_structure over the parts as they came. */
function signedPart(head: Bytes, payload: Bytes): Bytes {
  const context = utf8("Signature1");
  return Uint8Array.of(0x84, 0x6a, ...context, ...counted(head), 0x40, ...counted(payload));
}

function counted(bytes: Bytes): number[] {
  const { length } = bytes;
  const head = length < 24 ? [0x40 + length] : length < 256 ? [0x58, length] : length < 65536 ? [0x59, length >> 8, length & 255] : [0x5a, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  return [...head, ...bytes];
}
