// The signed daybook: every write the server accepted, kept for 35 days, so that a server that lost its book can be given
// back what it had acknowledged.

import type { Identity, Told } from "../net/api";
import { base64url, utf8 } from "../rules/bytes";
import { signLine, withoutPin } from "../rules/signed_line";
import { type DeviceKey, readMeta, type Settling, type SignedEntry, type SignedHead, type Store } from "./db";
import { publicJwk, seal, sha256, signWith, unseal } from "./keys";

export const KEPT_MS = 35 * 86_400_000;
/** The writes that change the book. */
const CLAIMS = "/api/v1/claims";
const BOOKED = new Set(["/api/v1/sales", "/api/v1/refunds", "/api/v1/redemptions", CLAIMS]);

/** A line that is signed and not yet in the store; it fits only behind `after`. */
export interface Draft {
  after: SignedHead | undefined;
  entry: SignedEntry;
  head: SignedHead;
}

export interface Accepted {
  requestId: string;
  path: string;
  body: Uint8Array;
  told: Told;
}

/** Signs a line over an accepted write; null for what books nothing. */
export async function draftLine(store: Store, identity: Identity, accepted: Accepted): Promise<Draft | null> {
  if (!BOOKED.has(accepted.path)) return null;
  const after = await readMeta(store, "signed_head");
  const key = await nameOf(identity.key);
  const last = after?.key === key ? after : null;
  const body = withoutPin(new TextDecoder().decode(accepted.body));
  const n = (last?.n ?? 0) + 1;
  const facts = {
    communityId: identity.terminal.community_id,
    terminalId: identity.terminal.terminal_id,
    n,
    before: last?.hash ?? "",
    requestId: accepted.requestId,
    path: accepted.path,
    body,
    answer: accepted.told.text,
    clerkId: identity.clerkId ?? "",
    toldMs: accepted.told.atMs,
    mark: accepted.told.mark,
  };
  const { line, hash } = await signLine(facts, sha256, (message) => signWith(identity.key, message));
  // The body holds the code that was scanned: a printed card's is good for years, so it lies here sealed.
  const content = await seal(store, utf8(JSON.stringify({ body, answer: accepted.told.text })));
  const entry = { key, n, line, content, told_at: accepted.told.atMs };
  // A claim is kept under its batch, not under its id: it is no witness that the book is whole.
  const newest = accepted.path === CLAIMS ? (last?.newest ?? null) : accepted.requestId;
  return { after, entry, head: { key, n, hash, newest, terminal_id: identity.terminal.terminal_id } };
}

/** Puts a signed line behind the one it names; false where another tab put one there meanwhile. */
export async function addLine(tx: Settling, draft: Draft): Promise<boolean> {
  const meta = tx.objectStore("meta");
  const now = (await meta.get("signed_head")) as SignedHead | undefined;
  if (now?.hash !== draft.after?.hash) return false;
  await tx.objectStore("signed").add(draft.entry);
  await meta.put(draft.head, "signed_head");
  return true;
}

/** Lets go of what no server would ask for any more. */
export async function pruneLines(store: Store, nowMs: number): Promise<void> {
  const tx = store.transaction("signed", "readwrite");
  for (const key of await tx.store.index("told_at").getAllKeys(IDBKeyRange.upperBound(nowMs - KEPT_MS))) {
    await tx.store.delete(key);
  }
  await tx.done;
}

/** A line as it is handed to a server that lost it. */
export interface OpenLine {
  line: string;
  body: string;
  answer: string;
}

/** The lines told since `sinceMs`, chain by chain in their order, unsealed one after another. */
export async function* linesSince(store: Store, sinceMs: number): AsyncGenerator<OpenLine> {
  const keys = await store.getAllKeysFromIndex("signed", "told_at", IDBKeyRange.lowerBound(sinceMs));
  keys.sort(([one, n], [other, m]) => (one === other ? n - m : one < other ? -1 : 1));
  for (const key of keys) {
    const entry = await store.get("signed", key);
    if (!entry) continue;
    const content = new TextDecoder().decode(await unseal(store, entry.content));
    yield { line: entry.line, ...(JSON.parse(content) as { body: string; answer: string }) };
  }
}

/** A key's own name: the hash of its public half (RFC 7638). */
async function nameOf(key: DeviceKey): Promise<string> {
  const { crv, kty, x, y } = await publicJwk(key);
  return base64url(await sha256(utf8(JSON.stringify({ crv, kty, x, y }))));
}
