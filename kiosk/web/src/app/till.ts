// The till as one thing: who it is, who is at it, what the server last said, what still waits.

import {
  type DayLine,
  type DeviceKey,
  openStore,
  type Preferences,
  readMeta,
  type SealAlarm,
  type Store,
  type Waiting,
  writeMeta,
} from "../device/db";
import { deviceKey, publicJwk } from "../device/keys";
import { flush, tryAsideNow } from "../device/flush";
import { showLife } from "../device/locks";
import { countOffline, listWaiting } from "../device/outbox";
import { pruneLines } from "../device/signed";
import { notBefore } from "../device/slips";
import { type Answer, Api } from "../net/api";
import type { Asked, ClerkSession, Enrolled, Mode, TillState } from "../net/types";
import { uuid7 } from "../rules/ids";
import { businessDate, rfc3339, zoneMinutes } from "../rules/time";
import { prepareVerify } from "../rules/verify";
import { Clock } from "./clock";
import { followCards, sayWaiting } from "./offline";
import { sendDaybook } from "./recovery";
import { followSeal, pinSeal } from "./seal";

export interface View {
  terminal: (Enrolled & { issuer: string }) | null;
  clerk: ClerkSession | null;
  state: TillState | null;
  online: boolean;
  revoked: boolean;
  /** When the server last told its figures, rules and keys (ms, its own clock); null where it never did. */
  syncedAt: number | null;
  waiting: number;
  /** How many of what waits was sold offline, and only this tablet as it is can deliver. */
  undelivered: number;
  /** Numbers of this till under which the server has nothing, though they were given out. */
  missing: number[];
  /** Waiting writes that were set aside, each with its line of the daybook. */
  aside: SetAside[];
  alarms: DayLine[];
  /** What did not fit in the community's log and does not fit yet. */
  sealAlarms: SealAlarm[];
  /** The day of a declared loss the clerk does not know of yet. */
  recoveredOn: number | null;
  preferences: Preferences;
  /** The tablet is set to training: this till itself is real all the same and rests. */
  training: boolean;
}

export interface SetAside {
  waiting: Waiting;
  /** null: a day's claim, which is no line. */
  line: DayLine | null;
}

const PREFERENCES: Preferences = { language: "zh", paper: 58, camera: "environment", printer: null, halves: false };
const REFRESH_MS = 60_000;
const RESEND_MS = 10_000;
const CHINA_MINUTES = 480;
/** How long (ms) a clerk waits for an answer before the till goes on without the server; offline it may be back this moment. */
const PATIENCE = { online: 4_000, offline: 1_000 };

export class Till {
  /** This tab's name, for the numbers it holds; it outlives a reload, so that no number is left behind. */
  readonly tab = tabName();
  view: View;
  patience = PATIENCE;
  private readonly listeners = new Set<() => void>();
  private refreshedAt = 0;
  private isUnknown = false;
  private followedAt = 0;
  private isTicking = false;
  private readonly otherTabs = "BroadcastChannel" in globalThis ? new BroadcastChannel(`jifen-${this.mode}`) : null;

  private constructor(
    readonly mode: Mode,
    readonly store: Store,
    readonly clock: Clock,
    readonly api: Api,
    view: View,
    /** This is the till of the training: its own store, and no server behind it. */
    readonly isTraining: boolean,
  ) {
    this.view = view;
  }

  static async open(mode: Mode, fetcher?: typeof fetch, training = false): Promise<Till> {
    const store = await openStore(mode, training);
    const clock = await Clock.open(store);
    const till = new Till(mode, store, clock, new Api(store, clock, fetcher), {
      terminal: (await readMeta(store, "terminal")) ?? null,
      clerk: (await readMeta(store, "clerk")) ?? null,
      state: (await readMeta(store, "state")) ?? null,
      online: navigator.onLine,
      revoked: false,
      syncedAt: (await readMeta(store, "synced_at")) ?? null,
      waiting: 0,
      undelivered: 0,
      missing: [],
      aside: [],
      alarms: [],
      sealAlarms: [],
      recoveredOn: null,
      preferences: { ...PREFERENCES, ...(await readMeta(store, "preferences")) },
      training: !training && ((await readMeta(store, "training")) ?? false),
    }, training);
    showLife(store, till.tab);
    await till.identify();
    await till.recount();
    await till.showSeal();
    if (till.view.state) void prepareVerify(till.view.state.jwks.keys);
    return till;
  }

  /** Keeps the figures fresh and resends what waits, for as long as the page lives. */
  run(): void {
    const tick = (): void => void this.tick();
    window.addEventListener("online", tick);
    window.addEventListener("offline", () => this.change({ online: false }));
    document.addEventListener("visibilitychange", tick);
    if (this.otherTabs) this.otherTabs.onmessage = () => void this.look();
    setInterval(tick, RESEND_MS);
    tick();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The shop's minutes east of UTC, from the server's own times. */
  get zone(): number {
    return this.view.state ? zoneMinutes(this.view.state.server_time) : CHINA_MINUTES;
  }

  now = (): string => rfc3339(this.clock.now(), this.zone);

  today = (): number => businessDate(this.clock.now(), this.zone);

  async enrol(issuer: string, code: string): Promise<Answer<Enrolled>> {
    const key = await deviceKey(this.store);
    const answer = await this.api.post<Enrolled>("/api/v1/terminals/enrol", {
      community: issuer,
      code,
      public_jwk: await publicJwk(key),
    });
    if (answer.kind === "ok") {
      const terminal = { ...answer.value, issuer };
      if (terminal.kind !== this.mode) return moveTo(terminal, key).then(() => answer);
      await writeMeta(this.store, "terminal", terminal);
      // Whoever filed for this till last, the server knows; what this tablet remembers may be another's.
      await this.store.delete("meta", "last_batch");
      // A shop sees the training first; a counter has no bills to practise.
      if (this.mode === "till" && (await this.isNew())) await this.setTraining(true);
      await pinSeal(this, answer.value.log);
      this.change({ terminal, revoked: false });
      await this.identify();
      await this.refresh();
    }
    return answer;
  }

  async signIn(clerkId: string, code: string): Promise<Answer<ClerkSession>> {
    const answer = await this.api.post<ClerkSession>("/api/v1/clerks/sign-in", { clerk_id: clerkId, code });
    this.hear(answer);
    if (answer.kind === "ok") {
      await writeMeta(this.store, "clerk", answer.value);
      // Before the screens know: what they ask at once must already say who asks.
      await this.identify(answer.value);
      this.change({ clerk: answer.value });
      void this.tick();
    }
    return answer;
  }

  private async isNew(): Promise<boolean> {
    return (await readMeta(this.store, "training")) === undefined && !(await readMeta(this.store, "last_counter"));
  }

  /** Goes into the training or leaves it; only a person at the screen does either. */
  async setTraining(training: boolean): Promise<void> {
    await writeMeta(this.store, "training", training);
    this.change({ training });
  }

  async signOut(): Promise<void> {
    await this.store.delete("meta", "clerk");
    this.change({ clerk: null });
    await this.identify();
  }

  /** Whether its own key must stay: offline sales wait that nobody else can deliver. */
  get mustDeliver(): boolean {
    return !this.isUnknown && this.view.undelivered > 0;
  }

  /** Forgets a terminal that was taken out of service, so that it can be enrolled anew; the daybook stays. */
  async forget(): Promise<void> {
    await this.look();
    if (this.mustDeliver) return;
    for (const key of ["terminal", "state", "clerk"] as const) await this.store.delete("meta", key);
    // A server that does not know the till has lost it: the key stays, because it signed what was told before.
    if (!this.isUnknown) await this.store.delete("meta", "device_key");
    this.api.identity = null;
    this.change({ terminal: null, clerk: null, state: null, revoked: false });
  }

  /** Asks the server for the till's figures, rules and keys. */
  async refresh(): Promise<void> {
    if (!this.view.terminal) return;
    const answer = await this.api.get<TillState>(`/api/v1/till/state${await this.newest()}`);
    this.hear(answer);
    if (answer.kind !== "ok") {
      if (this.view.revoked) await this.bearWitness();
      return;
    }
    this.refreshedAt = Date.now();
    await notBefore(this.store, answer.value.terminal.last_counter);
    await writeMeta(this.store, "state", answer.value);
    const syncedAt = this.clock.now();
    await writeMeta(this.store, "synced_at", syncedAt);
    this.change({ state: answer.value, syncedAt });
    await prepareVerify(answer.value.jwks.keys);
    await pruneLines(this.store, this.clock.now());
    await followCards(this);
    if (answer.value.recovery?.wanted) await sendDaybook(this, answer.value.recovery);
  }

  /** The last write this till knows to be in the book: a server that lost it learns so. */
  private async newest(): Promise<string> {
    const head = await readMeta(this.store, "signed_head");
    const own = head?.newest && head.terminal_id === this.view.terminal?.terminal_id;
    return own ? `?newest=${head.newest}` : "";
  }

  /** Out of service, a tablet still knows what it was told before. */
  private async bearWitness(): Promise<void> {
    const answer = await this.api.get<{ recovery: Asked | null }>("/api/v1/recovery");
    if (answer.kind === "ok" && answer.value.recovery?.wanted) await sendDaybook(this, answer.value.recovery);
  }

  /** Learns from any answer whether the server is there and still knows this till and clerk. */
  hear(answer: Answer<unknown>): void {
    if (answer.kind !== "unanswered") {
      this.change({ online: true });
      return;
    }
    this.change({ online: answer.why !== "offline" });
    if (answer.why === "revoked") {
      this.isUnknown = answer.refused?.code !== "terminal_revoked";
      this.change({ revoked: true });
    }
    if (answer.why === "sign_in") void this.signOut();
  }

  /** How long a clerk is kept waiting for an answer (ms). */
  get patienceMs(): number {
    return this.view.online ? this.patience.online : this.patience.offline;
  }

  /** The server let a clerk wait too long: the till goes on without it until it answers again. */
  fallBack(): void {
    this.change({ online: false });
    void this.tick();
  }

  async setPreferences(change: Partial<Preferences>): Promise<void> {
    const preferences = { ...this.view.preferences, ...change };
    this.change({ preferences });
    await writeMeta(this.store, "preferences", preferences);
  }

  /** A person has seen what went differently. */
  async acknowledge(line: DayLine): Promise<void> {
    await this.store.put("daybook", { ...line, alarm: 0 });
    await this.recount();
  }

  /** Counts anew what waits and what went differently, here and in the till's other tabs. */
  async recount(): Promise<void> {
    await this.look();
    this.otherTabs?.postMessage("changed");
  }

  private async look(): Promise<void> {
    const waiting = await listWaiting(this.store);
    const aside = waiting.filter((one) => one.aside).map(async (one) => ({ waiting: one, line: await this.lineOf(one) }));
    const undelivered = await countOffline(this.store);
    this.change({ waiting: waiting.length, undelivered, aside: await Promise.all(aside), alarms: await this.store.getAllFromIndex("daybook", "alarm", 1) });
  }

  private async lineOf({ counter }: Waiting): Promise<DayLine | null> {
    return counter === null ? null : ((await this.store.get("daybook", counter)) ?? null);
  }

  async showSeal(): Promise<void> {
    const alarms = (await readMeta(this.store, "seal_alarms")) ?? [];
    const recovery = await readMeta(this.store, "recovery");
    const recoveredOn = recovery && !recovery.seen ? recovery.day : null;
    this.change({ sealAlarms: alarms.filter((alarm) => alarm.over_at === null), recoveredOn });
  }

  /** The clerk has seen that the community restored its book. */
  async acknowledgeRecovery(): Promise<void> {
    const recovery = await readMeta(this.store, "recovery");
    if (recovery) await writeMeta(this.store, "recovery", { ...recovery, seen: true });
    await this.showSeal();
  }

  async resend(): Promise<void> {
    const answer = await flush(this.store, this.api, Date.now());
    if (answer) this.hear(answer);
    await this.recount();
  }

  missingIs(missing: number[]): void {
    this.change({ missing });
  }

  /** Tries what was set aside at once. */
  async retryAside(): Promise<void> {
    await tryAsideNow(this.store);
    await this.resend();
  }

  /** One look at the server at a time: a silent network answers none of them for a while. */
  private async tick(): Promise<void> {
    if (this.isTicking || !this.view.terminal || document.visibilityState === "hidden") return;
    this.isTicking = true;
    try {
      await this.catchUp();
    } finally {
      this.isTicking = false;
    }
  }

  private async catchUp(): Promise<void> {
    const hadWaiting = this.view.waiting > 0;
    if (hadWaiting) await this.resend();
    const isStale = Math.abs(Date.now() - this.refreshedAt) > REFRESH_MS;
    if (!this.view.online || isStale) await this.refresh();
    if (this.view.online && (hadWaiting || isStale)) await sayWaiting(this);
    if (!this.view.online || Date.now() - this.followedAt <= REFRESH_MS) return;
    this.followedAt = Date.now();
    await followSeal(this);
    const { sendShifts } = await import("./shifts");
    await sendShifts(this);
    const { tellHealth } = await import("./health");
    await tellHealth(this);
    const { sendTold } = await import("./told");
    await sendTold(this);
    const { settleOpenBills } = await import("./amount_code");
    await settleOpenBills(this);
  }

  private async identify(clerk = this.view.clerk): Promise<void> {
    const { terminal } = this.view;
    if (!terminal) return;
    this.api.identity = { terminal, key: await deviceKey(this.store), clerkToken: clerk?.clerk_token ?? null, clerkId: clerk?.clerk_id ?? null };
  }

  private change(change: Partial<View>): void {
    this.view = { ...this.view, ...change };
    for (const listener of this.listeners) listener();
  }
}

function tabName(): string {
  const kept = sessionStorage.getItem("tab") ?? uuid7(Date.now());
  sessionStorage.setItem("tab", kept);
  return kept;
}

/** A counter's code was typed at the till, or the other way round: the tablet becomes what the office meant. */
async function moveTo(terminal: View["terminal"] & object, key: DeviceKey): Promise<void> {
  const store = await openStore(terminal.kind);
  await writeMeta(store, "terminal", terminal);
  await writeMeta(store, "device_key", key);
  location.assign(`/${terminal.kind}`);
}
