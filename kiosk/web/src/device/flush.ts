// Sends what waits, one tab at a time; what gets no answer while others do is set aside and stops nobody.

import type { Answer, Api } from "../net/api";
import type { Aside, Refused, Store, Waiting } from "./db";
import { withLock } from "./locks";
import { isAttended, listWaiting, send } from "./outbox";

/** So often a write may stay without answer, while the server answers others, before it is set aside. */
export const MOST_TRIES = 3;
/** After so many silences one after the other the server is not asked further this time. */
const MOST_SILENT = 5;
/** How long what is set aside rests between two tries. */
export const ASIDE_MS = 10 * 60_000;

type Silence = Extract<Answer<unknown>, { kind: "unanswered" }>;

/** Sends what waits, oldest first, what was set aside last; gives back the silence that ended it, if one did. */
export async function flush(store: Store, api: Api, nowMs: number): Promise<Silence | null> {
  return withLock(store, "outbox", async () => {
    const silent: { waiting: Waiting; answer: Silence }[] = [];
    let answered = 0;
    let end: Silence | null = null;
    for (const waiting of await due(store, nowMs)) {
      const answer = await trySend(store, api, waiting, nowMs);
      if (answer === null) continue;
      if (answer.kind !== "unanswered") answered += 1;
      else if (isOfThisWrite(answer)) silent.push({ waiting, answer });
      else end = answer;
      // Without a clerk, or out of service, only what was sold offline is taken: it may stand further back.
      if ((end && end.why !== "sign_in" && end.why !== "revoked") || silent.length === MOST_SILENT) break;
    }
    if (silent.length === 0) return end;
    // A server that is busy with everything has nothing against these.
    const isUp = answered > 0 || (await api.get("/api/v1/till/state")).kind === "ok";
    for (const { waiting, answer } of silent) if (isUp) await countTry(store, waiting, answer.refused, nowMs);
    return end ?? silent[silent.length - 1]!.answer;
  });
}

async function due(store: Store, nowMs: number): Promise<Waiting[]> {
  const free = (await listWaiting(store)).filter((waiting) => !isAttended(waiting, nowMs));
  // A clock that was set back does not make it rest longer either.
  const rests = ({ aside }: Waiting): boolean => aside !== undefined && aside.again_at > nowMs && aside.again_at <= nowMs + ASIDE_MS;
  return [...free.filter((one) => !one.aside), ...free.filter((one) => one.aside && !rests(one))];
}

async function trySend(store: Store, api: Api, waiting: Waiting, nowMs: number): Promise<Answer<unknown> | null> {
  try {
    return await send(store, api, waiting.request_id, false);
  } catch (error) {
    // Its bytes cannot be opened here any more, or its answer cannot be written down: the others still can.
    console.error("a waiting write cannot be sent", error);
    await setAside(store, waiting.request_id, { why: "unreadable", refused: null, again_at: nowMs + ASIDE_MS });
    return null;
  }
}

/** Whether the silence says something about this write; else the next one would meet the same. */
function isOfThisWrite({ why, refused }: Silence): boolean {
  return why === "busy" && !refused?.code.startsWith("proof_");
}

async function countTry(store: Store, waiting: Waiting, refused: Refused | null, nowMs: number): Promise<void> {
  // Money that may have moved is asked after until that is known; it is not set aside.
  if (refused?.code === "payment_unknown") return;
  const tries = (waiting.tries ?? 0) + 1;
  if (tries >= MOST_TRIES) return setAside(store, waiting.request_id, { why: "unanswered", refused, again_at: nowMs + ASIDE_MS });
  await change(store, waiting.request_id, (now) => ({ ...now, tries }));
}

const setAside = (store: Store, requestId: string, aside: Aside): Promise<void> => change(store, requestId, (now) => ({ ...now, aside }));

/** Lets everything that was set aside be tried at once. */
export async function tryAsideNow(store: Store): Promise<void> {
  for (const { request_id, aside } of await store.getAll("outbox")) {
    if (aside) await change(store, request_id, (now) => ({ ...now, aside: { ...aside, again_at: 0 } }));
  }
}

async function change(store: Store, requestId: string, make: (now: Waiting) => Waiting): Promise<void> {
  const tx = store.transaction("outbox", "readwrite");
  const now = await tx.store.get(requestId);
  if (now) await tx.store.put(make(now));
  await tx.done;
}
