// Believes a resident's code or refuses it: community, key, class, signature and time must all be right.

import { fromBase64url } from "./bytes";
import { type KeyClass, readToken, ScanError, SKEW_S, type UnverifiedToken } from "./token";

export interface Jwk {
  kty: "OKP" | "EC";
  crv: string;
  alg: "EdDSA" | "ES256";
  kid: string;
  class: KeyClass;
  community: string;
  nbf: number;
  exp: number;
  x: string;
  y?: string;
}

export interface VerifiedToken {
  text: string;
  keyClass: KeyClass;
  serial: number;
  /** Which printing of the card; a newer one makes it worthless. */
  issue: number;
  expiresAtS: number;
}

export interface Expectation {
  keys: Jwk[];
  issuer: string;
  nowS: number;
  classes: readonly KeyClass[];
}

/** Verifies a scanned text; throws a ScanError that says why not. */
export async function verifyToken(text: string, expected: Expectation): Promise<VerifiedToken> {
  const token = readToken(text);
  const key = await findSigner(token, expected);
  // What became of a voucher or a certificate the server knows better than its date.
  if (key.class !== "svc" && key.class !== "crt") checkTimes(token, key, expected.nowS);
  return { text: text.trim(), keyClass: key.class, serial: token.serial, issue: token.issue, expiresAtS: token.expiresAtS };
}

async function findSigner(token: UnverifiedToken, expected: Expectation): Promise<Jwk> {
  if (token.issuer !== expected.issuer) throw new ScanError("other_community");
  const known = expected.keys.filter((key) => Number(key.kid) === token.kid && key.community === expected.issuer);
  if (known.length === 0) throw new ScanError("unknown_key");
  const allowed = known.filter((key) => expected.classes.includes(key.class));
  if (allowed.length === 0) throw new ScanError("wrong_class");
  for (const key of allowed) {
    if (key.alg === token.alg && (await isSignedBy(key, token.signature, token.signed))) return key;
  }
  throw new ScanError("bad_signature");
}

function checkTimes(token: UnverifiedToken, key: Jwk, nowS: number): void {
  if (nowS > key.exp + SKEW_S || token.issuedAtS < key.nbf) throw new ScanError("key_retired");
  if (token.issuedAtS > nowS + SKEW_S) throw new ScanError("from_future");
  if (nowS > token.expiresAtS + SKEW_S) throw new ScanError("expired");
}

/** Whether this key made the signature, by WebCrypto where the browser has it. */
export async function isSignedBy(key: Jwk, signature: Uint8Array<ArrayBuffer>, signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const built = await builtIn(key);
  if (built) {
    const algorithm = key.alg === "EdDSA" ? { name: "Ed25519" } : { name: "ECDSA", hash: "SHA-256" };
    return crypto.subtle.verify(algorithm, built, signature, signed);
  }
  const { isNobleSignature } = await import("./noble");
  return isNobleSignature(key, signature, signed);
}

const imported = new Map<string, Promise<CryptoKey | null>>();

/** The key for WebCrypto, or null where this browser lacks it (plain http, or Ed25519 before Chromium 137). */
function builtIn(key: Jwk): Promise<CryptoKey | null> {
  const name = `${key.alg} ${key.x} ${key.y ?? ""}`;
  let found = imported.get(name);
  if (!found) {
    found = importKey(key);
    imported.set(name, found);
  }
  return found;
}

async function importKey(key: Jwk): Promise<CryptoKey | null> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined;
  if (!subtle) return null;
  const x = fromBase64url(key.x);
  const [raw, algorithm] =
    key.alg === "EdDSA"
      ? [x, { name: "Ed25519" }]
      : [Uint8Array.of(4, ...x, ...fromBase64url(key.y ?? "")), { name: "ECDSA", namedCurve: "P-256" }];
  try {
    return await subtle.importKey("raw", raw, algorithm, false, ["verify"]);
  } catch (error) {
    // Older browsers refuse the algorithm by its name; a key that is broken is refused by noble too.
    if (error instanceof DOMException || error instanceof TypeError) return null;
    throw error;
  }
}

/** Loads and warms whatever verifying will need, before the first customer stands there. */
export async function prepareVerify(keys: Jwk[]): Promise<void> {
  const ready = await Promise.all(keys.map(builtIn));
  if (ready.some((key) => key === null)) await import("./noble");
}
