// A phone follows the log like a till does: it keeps the newest checkpoint and the published roots in its own store.

import { type Ask, leafPath, type LeafProof } from "../app/check";
import { followPath } from "../rules/tlog/follow_path";
import { followLog, type Evidence, type LogKept, type LogOffer, pinLog } from "../rules/tlog/witness";

export interface PhoneLog {
  kept: LogKept | null;
  fault: Evidence | null;
  /** Whether the server was there. */
  online: boolean;
}

const nameOf = (issuer: string): string => `jifen-log-${issuer}`;

/** What this phone keeps of a community's log; nothing where its browser keeps nothing. */
export function readKept(issuer: string): LogKept | null {
  try {
    return JSON.parse(localStorage.getItem(nameOf(issuer)) ?? "null") as LogKept | null;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof DOMException) return null;
    throw error;
  }
}

function writeKept(issuer: string, kept: LogKept): void {
  try {
    localStorage.setItem(nameOf(issuer), JSON.stringify(kept));
  } catch (error) {
    // A full or forbidden store: the phone then begins anew each time, as the page says.
    if (!(error instanceof DOMException)) throw error;
  }
}

/** One step after the log: with what came in the page where this phone meets it first, else with the server's answer. */
export async function followOnPhone(issuer: string, first: LogOffer | null): Promise<PhoneLog> {
  const before = readKept(issuer);
  const offer = before ? await ask<LogOffer>(followPath(issuer, before)) : first;
  if (!offer) return { kept: before, fault: null, online: false };
  if (!before && offer.origin === null) return { kept: null, fault: null, online: true };
  const { kept, fault, recovered } = followLog(before ?? pinLog(offer.origin ?? "", offer.keys), offer);
  writeKept(issuer, kept);
  // After a declared loss the phone stands at an earlier head and asks again from there.
  return recovered ? followOnPhone(issuer, null) : { kept, fault, online: true };
}

export const askOnPhone = (issuer: string): Ask => async (code, size) => {
  try {
    const answer = await fetch(leafPath(issuer, code, size), { headers: { Accept: "application/json" } });
    if (answer.ok) return (await answer.json()) as LeafProof;
    return answer.status === 404 ? "absent" : null;
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return null;
    throw error;
  }
};

async function ask<T>(path: string): Promise<T | null> {
  try {
    const answer = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" });
    return answer.ok ? ((await answer.json()) as T) : null;
  } catch (error) {
    // fetch says TypeError for every broken connection; a page of a hotel's Wi-Fi is no JSON.
    if (error instanceof TypeError || error instanceof SyntaxError) return null;
    throw error;
  }
}
