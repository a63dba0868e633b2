// The device's proof on each request: a compact JWS (ES256) over method, path, body, time and a number used once.

import { base64url, utf8 } from "./bytes";

export interface ProofFacts {
  terminalId: string;
  communityId: string;
  method: string;
  path: string;
  body: Uint8Array;
  nowS: number;
  jti: string;
}

export type Digest = (bytes: Uint8Array) => Promise<Uint8Array>;
export type Sign = (message: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;

/** The value of the Authorization header. */
export async function makeProof(facts: ProofFacts, digest: Digest, sign: Sign): Promise<string> {
  const head = part({ typ: "jifen-proof", alg: "ES256", kid: facts.terminalId });
  const payload = part({
    c: facts.communityId,
    htm: facts.method,
    htu: facts.path,
    iat: facts.nowS,
    jti: facts.jti,
    bh: base64url(await digest(facts.body)),
  });
  const signed = `${head}.${payload}`;
  return `Jifen-Device ${signed}.${base64url(await sign(utf8(signed)))}`;
}

/** One part of a compact JWS. */
export const part = (value: object): string => base64url(utf8(JSON.stringify(value)));
