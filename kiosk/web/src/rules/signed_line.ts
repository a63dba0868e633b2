// A line of the daybook that nobody can change any more: what was asked and what the server answered, counted, chained to
// the line before and signed by the device (a compact JWS, ES256, like the proof on each call).

import { base64url, utf8 } from "./bytes";
import { type Digest, part, type Sign } from "./proof";

export interface LineFacts {
  communityId: string;
  terminalId: string;
  /** 1, 2, 3 and so on for each key of the device. */
  n: number;
  /** The hash of the line before; empty for the first. */
  before: string;
  requestId: string;
  path: string;
  body: string;
  answer: string;
  clerkId: string;
  /** When the server gave its answer, by its own clock. */
  toldMs: number;
  /** The server's own mark on the answer. */
  mark: string;
}

export interface SignedLine {
  line: string;
  /** What the next line names as the one before it. */
  hash: string;
}

export async function signLine(facts: LineFacts, digest: Digest, sign: Sign): Promise<SignedLine> {
  const head = part({ typ: "jifen-daybook", alg: "ES256", kid: facts.terminalId });
  const payload = part({
    c: facts.communityId,
    n: facts.n,
    p: facts.before,
    r: facts.requestId,
    u: facts.path,
    b: base64url(await digest(utf8(facts.body))),
    a: base64url(await digest(utf8(facts.answer))),
    k: facts.clerkId,
    t: facts.toldMs,
    m: facts.mark,
  });
  const signed = `${head}.${payload}`;
  const line = `${signed}.${base64url(await sign(utf8(signed)))}`;
  return { line, hash: base64url(await digest(utf8(line))) };
}

/** The request as it is kept: a PIN is asked for anew or not at all, so it does not lie on the tablet for weeks. */
export function withoutPin(body: string): string {
  const read = JSON.parse(body) as Record<string, unknown>;
  return "pin" in read ? JSON.stringify({ ...read, pin: null }) : body;
}
