// An opening or closing of a shift, chained to the one before and signed by the device (a compact JWS, ES256).

import { base64url, utf8 } from "./bytes";
import { type Digest, part, type Sign } from "./proof";

export interface ShiftFacts {
  communityId: string;
  terminalId: string;
  /** 1, 2, 3 and so on, openings and closings together. */
  n: number;
  /** The hash of the entry before; empty for the first. */
  before: string;
  requestId: string;
  kind: "open" | "close";
  shiftNo: number;
  clerkId: string;
  atMs: number;
  firstCounter: number;
  lastCounter: number;
  /** Fen that should lie in the drawer, and that were counted and taken out. */
  expectedFen: number;
  countedFen: number;
  takenFen: number;
  expectedSlips: number;
  countedSlips: number;
}

export async function signShift(facts: ShiftFacts, digest: Digest, sign: Sign): Promise<{ line: string; hash: string }> {
  const head = part({ typ: "jifen-shift", alg: "ES256", kid: facts.terminalId });
  const payload = part({
    c: facts.communityId,
    n: facts.n,
    p: facts.before,
    r: facts.requestId,
    w: facts.kind,
    s: facts.shiftNo,
    k: facts.clerkId,
    t: facts.atMs,
    f: facts.firstCounter,
    l: facts.lastCounter,
    e: facts.expectedFen,
    d: facts.countedFen,
    o: facts.takenFen,
    es: facts.expectedSlips,
    ds: facts.countedSlips,
  });
  const signed = `${head}.${payload}`;
  const line = `${signed}.${base64url(await sign(utf8(signed)))}`;
  return { line, hash: base64url(await digest(utf8(line))) };
}
