// The device's own key: made here, never leaves; where WebCrypto is missing it is kept as bytes and the screen says so.

import { base64url } from "../rules/bytes";
import { type DeviceKey, type Meta, readMeta, type SealedBody, type Store } from "./db";

export interface PublicJwk {
  kty: "EC";
  crv: "P-256";
  x: string;
  y: string;
}

const P256 = { name: "ECDSA", namedCurve: "P-256" } as const;

/** WebCrypto, which browsers keep from pages of plain http. */
export function subtleCrypto(): SubtleCrypto | null {
  return ((globalThis.crypto as Crypto | undefined)?.subtle as SubtleCrypto | undefined) ?? null;
}

/** The device's key, made on first use. */
export async function deviceKey(store: Store): Promise<DeviceKey> {
  const kept = await readMeta(store, "device_key");
  if (kept) return kept;
  return keepFirst(store, "device_key", await makeKey());
}

/** Two tabs may both have made a key: the first that is stored counts for both. */
async function keepFirst<K extends "device_key" | "seal_key" | "name_key">(store: Store, key: K, made: Meta[K]): Promise<Meta[K]> {
  const tx = store.transaction("meta", "readwrite");
  const first = (await tx.store.get(key)) as Meta[K] | undefined;
  if (!first) await tx.store.put(made, key);
  await tx.done;
  return first ?? made;
}

async function makeKey(): Promise<DeviceKey> {
  const subtle = subtleCrypto();
  if (subtle) return { kind: "webcrypto", pair: await subtle.generateKey(P256, false, ["sign", "verify"]) };
  const { newNoblePair } = await import("../rules/noble");
  return { kind: "script", pair: newNoblePair() };
}

export async function publicJwk(key: DeviceKey): Promise<PublicJwk> {
  if (key.kind === "script") {
    return { kty: "EC", crv: "P-256", x: base64url(key.pair.x), y: base64url(key.pair.y) };
  }
  const jwk = await crypto.subtle.exportKey("jwk", key.pair.publicKey);
  return { kty: "EC", crv: "P-256", x: jwk.x!, y: jwk.y! };
}

/** The 64-byte ES256 signature of `message`. */
export async function signWith(key: DeviceKey, message: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  if (key.kind === "script") return (await import("../rules/noble")).signNoble(key.pair.secret, message);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key.pair.privateKey, message);
  return new Uint8Array(signature);
}

export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  const subtle = subtleCrypto();
  if (subtle) return new Uint8Array(await subtle.digest("SHA-256", Uint8Array.from(bytes)));
  return (await import("../rules/noble")).sha256Noble(bytes);
}

// A waiting write may hold a PIN, so it lies in the store under a key that cannot be read out.
const AES = "AES-GCM";

export async function seal(store: Store, plain: Uint8Array<ArrayBuffer>): Promise<SealedBody> {
  const subtle = subtleCrypto();
  if (!subtle) return { iv: null, data: plain };
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const data = await subtle.encrypt({ name: AES, iv }, await sealKey(store, subtle), plain);
  return { iv, data: new Uint8Array(data) };
}

export async function unseal(store: Store, sealed: SealedBody): Promise<Uint8Array<ArrayBuffer>> {
  if (sealed.iv === null) return sealed.data;
  const subtle = subtleCrypto();
  if (!subtle) throw new Error("the store was written over https and must be read over https");
  const plain = await subtle.decrypt({ name: AES, iv: sealed.iv }, await sealKey(store, subtle), sealed.data);
  return new Uint8Array(plain);
}

async function sealKey(store: Store, subtle: SubtleCrypto): Promise<CryptoKey> {
  const kept = await readMeta(store, "seal_key");
  if (kept) return kept;
  const made = await subtle.generateKey({ name: AES, length: 256 }, false, ["encrypt", "decrypt"]);
  return keepFirst(store, "seal_key", made);
}

const HMAC = { name: "HMAC", hash: "SHA-256" } as const;

/**
 * A name for something that is easily guessed, such as a card's serial: made under a key of this device's own that cannot
 * be read out, so that whoever copies the store cannot find the serial by trying them all.
 */
export async function nameFor(store: Store, text: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const subtle = subtleCrypto();
  const key = (await readMeta(store, "name_key")) ?? (await keepFirst(store, "name_key", await makeNameKey(subtle)));
  if (key instanceof Uint8Array) return (await import("../rules/noble")).hmacNoble(key, text);
  if (!subtle) throw new Error("the store was written over https and must be read over https");
  return new Uint8Array(await subtle.sign(HMAC.name, key, text));
}

async function makeNameKey(subtle: SubtleCrypto | null): Promise<Meta["name_key"]> {
  if (subtle) return (await subtle.generateKey(HMAC, false, ["sign"])) as CryptoKey;
  return crypto.getRandomValues(new Uint8Array(32));
}
