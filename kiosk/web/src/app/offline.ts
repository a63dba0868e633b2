// Selling without the server: the list of cards, the till's own sums, and what a sale may take.

import type { DayLine } from "../device/db";
import { readMeta, writeMeta } from "../device/db";
import { nameFor } from "../device/keys";
import { listWaiting } from "../device/outbox";
import { base64url, fromBase64url, utf8 } from "../rules/bytes";
import { type Offer, offerOffline, type OfflinePolicy, SPARE } from "../rules/offline";
import type { CardList, CardState } from "../rules/status_list";
import { SKEW_S } from "../rules/token";
import type { VerifiedToken } from "../rules/verify";
import type { Till } from "./till";

interface CardsAnswer {
  version: string;
  is_new: boolean;
  made_at: string;
  cwt: string;
}

/** Everything a clerk must know of a code before a sale is made without the server. */
export interface OfflineLook {
  offer: Offer;
  /** null where no list that holds is there, or the code is no printed card. */
  card: CardState | null;
  /** The day of the policy and the card's name under it, kept with the sale. */
  mark: NonNullable<DayLine["offline"]>;
}

const policyOf = (till: Till): OfflinePolicy | null => till.view.state?.offline ?? null;

/** How the list is read, loaded while there is network; where it could not be, there is no list and no points go. */
const loadLists = () => import("../rules/status_list").catch(() => null);

/** Fetches the newest list of cards that are not good, where the till's own is not it or getting old. */
export async function followCards(till: Till): Promise<void> {
  const policy = policyOf(till);
  if (!policy) return;
  await loadLists();
  const kept = await readMeta(till.store, "cards");
  const age = till.clock.now() - (kept?.fetched_at ?? 0);
  if (kept?.version === policy.cards_version && age >= 0 && age < policy.cards_ttl_s * 1000) return;
  const answer = await till.api.get<CardsAnswer>(`/api/v1/till/cards?version=${encodeURIComponent(kept?.version ?? "")}`);
  till.hear(answer);
  if (answer.kind !== "ok") return;
  const { version, cwt } = answer.value;
  // A list that this community did not sign is not kept: the one before it still holds until its own end.
  if (await believe(till, cwt)) await writeMeta(till.store, "cards", { version, cwt, fetched_at: till.clock.now() });
}

async function believe(till: Till, cwt: string): Promise<CardList | null> {
  const lists = await loadLists();
  if (!lists) return null;
  try {
    return await lists.readCardList(fromBase64url(cwt), till.view.state?.jwks.keys ?? [], till.view.terminal?.issuer ?? "");
  } catch (error) {
    if (error instanceof lists.ListError) return null;
    throw error;
  }
}

/** What the till may let go for this code on this bill, and whether the card is good as far as it knows. */
export async function lookOffline(till: Till, token: VerifiedToken, totalFen: number): Promise<OfflineLook> {
  const policy = policyOf(till);
  const kept = await readMeta(till.store, "cards");
  const list = kept ? await believe(till, kept.cwt) : null;
  const mark = { policy: policy?.policy ?? "", day: policy?.day ?? "", card: await cardName(till, token, policy?.day ?? "") };
  const sums = await sumsOf(till, policy, mark.card);
  const isTaken = await isTakenHere(till, token);
  const offer = offerOffline(policy, till.view.state!.rules, {
    keyClass: token.keyClass,
    totalFen,
    nowMs: till.clock.now(),
    listEndsMs: list && list.expiresAtS * 1000,
    isTaken,
    ...sums,
  });
  const lists = await loadLists();
  // A spare code hangs on the card and dies with it, but not with one printing of it.
  const issue = { card: token.issue, [SPARE]: Infinity }[token.keyClass as string];
  return { offer, card: lists && list && issue !== undefined ? lists.cardState(list, token.serial, issue) : null, mark };
}

/** A spare code's name in this till's daybook, which says nothing beyond this till; missing for any other code. */
export async function spareName(till: Till, token: VerifiedToken): Promise<string | undefined> {
  if (token.keyClass !== SPARE) return undefined;
  const name = await nameFor(till.store, utf8(`spare/${token.serial}/${token.issue}/${token.expiresAtS}`));
  return base64url(name.slice(0, 12));
}

/** Whether this till sold with this spare code before: it keeps those it took until they end, which is a day. */
export async function isTakenHere(till: Till, token: VerifiedToken): Promise<boolean> {
  const name = await spareName(till, token);
  if (!name) return false;
  const yesterday = new Date(token.expiresAtS * 1000 - 2 * 86_400_000).toISOString().slice(0, 10);
  const lines = await till.store.getAllFromIndex("daybook", "day", IDBKeyRange.lowerBound(Number(yesterday.replace(/-/g, ""))));
  return lines.some((line) => line.spare === name && line.state !== "refused");
}

/** Whether a code has run out since it was scanned: sold at now, it is dead to the server. Zero: it has no end of its own. */
export const hasRunOut = (token: VerifiedToken, nowMs: number): boolean => token.expiresAtS > 0 && nowMs / 1000 > token.expiresAtS + SKEW_S;

/**
 * A name for a card that says nothing beyond this till and day: the daybook holds no list of who bought what.
 * A spare code bears its card's name, since they share what one holder may use.
 */
async function cardName(till: Till, token: VerifiedToken, day: string): Promise<string> {
  const name = await nameFor(till.store, utf8(`${till.view.terminal?.terminal_id}/${day}/${token.keyClass === SPARE ? "card" : token.keyClass}/${token.serial}`));
  return base64url(name.slice(0, 12));
}

/** What this till let go under the policy's day: all of it by one card, and what the server's figure does not hold yet. */
async function sumsOf(till: Till, policy: OfflinePolicy | null, card: string): Promise<{ usedUnits: number; cardUsedUnits: number; sparesUsed: number }> {
  if (!policy) return { usedUnits: 0, cardUsedUnits: 0, sparesUsed: 0 };
  const issuedMs = Date.parse(policy.issued_at);
  const since = IDBKeyRange.lowerBound(Number(policy.day.replace(/-/g, "")));
  const lines = (await till.store.getAllFromIndex("daybook", "day", since)).filter((line) => line.offline?.day === policy.day && line.state !== "refused");
  const isCounted = (line: DayLine): boolean => line.state === "booked" && (line.told_at ?? Infinity) < issuedMs;
  const sum = (chosen: DayLine[]): number => chosen.reduce((units, line) => units + line.offset_units, 0);
  const ofCard = lines.filter((line) => line.offline!.card === card);
  const sparesUsed = ofCard.filter((line) => line.spare && line.offset_units > 0).length;
  return { usedUnits: sum(lines.filter((line) => !isCounted(line))), cardUsedUnits: sum(ofCard), sparesUsed };
}

/** So many of the last numbers are looked at for refused ones. */
const MOST_NUMBERS = 5_000;

/** Tells the server which numbers wait here and which came to nothing; it answers with those it misses. */
export async function sayWaiting(till: Till): Promise<void> {
  const last_counter = (await readMeta(till.store, "last_counter")) ?? 0;
  const waiting = (await listWaiting(till.store)).flatMap(({ counter }) => (counter === null ? [] : [counter]));
  const lines = await till.store.getAll("daybook", IDBKeyRange.lowerBound(last_counter - MOST_NUMBERS));
  const refused = lines.filter((line) => line.state === "refused").map((line) => line.counter);
  // Only numbers this tablet gave out itself: those of before it was cleared it cannot explain away.
  const unused = [...(await till.store.getAllKeys("slips")), ...refused];
  const answer = await till.api.post<{ missing: number[] }>("/api/v1/till/waiting", { waiting, unused, last_counter });
  till.hear(answer);
  if (answer.kind === "ok") till.missingIs(answer.value.missing);
}
