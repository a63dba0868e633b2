// Curves in script, for browsers whose WebCrypto lacks them; loaded only there.

import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { fromBase64url } from "./bytes";
import type { Jwk } from "./verify";

export function isNobleSignature(key: Jwk, signature: Uint8Array, message: Uint8Array): boolean {
  const x = fromBase64url(key.x);
  try {
    if (key.alg === "EdDSA") return ed25519.verify(signature, message, x, { zip215: false });
    return p256.verify(signature, message, Uint8Array.of(4, ...x, ...fromBase64url(key.y ?? "")), { lowS: false });
  } catch (error) {
    // noble throws on signatures that are not points; that is a wrong signature, not a fault of ours.
    if (error instanceof Error) return false;
    throw error;
  }
}

export interface NoblePair {
  secret: Uint8Array<ArrayBuffer>;
  x: Uint8Array<ArrayBuffer>;
  y: Uint8Array<ArrayBuffer>;
}

export function newNoblePair(): NoblePair {
  const { secretKey } = p256.keygen();
  const point = p256.getPublicKey(secretKey, false);
  return { secret: Uint8Array.from(secretKey), x: point.slice(1, 33), y: point.slice(33, 65) };
}

/** The 64-byte ES256 signature of `message`. */
export function signNoble(secret: Uint8Array, message: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(p256.sign(message, secret, { lowS: false }));
}

export const sha256Noble = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(sha256(bytes));

export const hmacNoble = (key: Uint8Array, text: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(hmac(sha256, key, text));
