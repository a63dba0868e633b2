import { expect, test } from "vitest";
import { base64url, fromBase64url, utf8 } from "../src/rules/bytes";
import { newNoblePair, sha256Noble, signNoble } from "../src/rules/noble";
import { makeProof, type ProofFacts } from "../src/rules/proof";

const FACTS: ProofFacts = {
  terminalId: "77",
  communityId: "5",
  method: "POST",
  path: "/api/v1/sales",
  body: utf8('{"total_fen":5000}'),
  nowS: 1_772_445_600,
  jti: "019c8f0e-0000-7000-8000-000000000001",
};

const BODY_HASH = "YA8Dw7RwBT9fVs7Umy6DEmYIoRk9yvgINyEArE-7bt8";

const sha = async (bytes: Uint8Array): Promise<Uint8Array> => new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from(bytes)));
const jsonOf = (part: string): Record<string, unknown> => JSON.parse(new TextDecoder().decode(fromBase64url(part)));

test("the proof's head and payload are these bytes", async () => {
  const proof = await makeProof(FACTS, sha, async () => new Uint8Array(64));
  const [head, payload, signature] = proof.replace("Jifen-Device ", "").split(".");
  expect(jsonOf(head!)).toEqual({ typ: "jifen-proof", alg: "ES256", kid: "77" });
  expect(jsonOf(payload!)).toEqual({
    c: "5",
    htm: "POST",
    htu: "/api/v1/sales",
    iat: 1_772_445_600,
    jti: FACTS.jti,
    bh: BODY_HASH,
  });
  expect(fromBase64url(signature!)).toHaveLength(64);
});

test("an empty body is hashed as nothing", async () => {
  const proof = await makeProof({ ...FACTS, body: new Uint8Array(0) }, sha, async () => new Uint8Array(64));
  const payload = jsonOf(proof.split(".")[1]!);
  expect(payload["bh"]).toBe("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
});

test("what the script signs, an independent ES256 check accepts", async () => {
  const pair = newNoblePair();
  const proof = await makeProof(FACTS, async (bytes) => sha256Noble(bytes), async (message) => signNoble(pair.secret, message));
  const [head, payload, signature] = proof.replace("Jifen-Device ", "").split(".");
  const jwk = { kty: "EC", crv: "P-256", x: base64url(pair.x), y: base64url(pair.y) };
  const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  const check = (text: string): Promise<boolean> =>
    crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, fromBase64url(signature!), utf8(text));
  expect(await check(`${head}.${payload}`)).toBe(true);
  expect(await check(`${head}.${payload}x`)).toBe(false);
});
