// The residents' screen as a device: who it is and what it asks. It keeps no figures, no codes and no baskets.

import { Clock } from "../app/clock";
import { openStore, readMeta, type Store, writeMeta } from "../device/db";
import { deviceKey, publicJwk } from "../device/keys";
import { type Answer, Api } from "../net/api";
import type { ToldLater } from "../net/counter_types";
import type { Enrolled, Good, RedeemBody } from "../net/types";
import { uuid7 } from "../rules/ids";

export interface KioskState {
  terminal_code: string;
  name: string;
  community: { issuer: string; hotline: string | null };
  precision: number;
  idle_s: number;
}

export interface Mine {
  holder_label: string;
  available_units: number;
  pending_units: number;
  owed_units: number;
  orders: { number: number; units: number }[];
  /** How a purchase without network ended otherwise, where they have not read it yet. */
  notices?: ToldLater[];
}

export interface Kept {
  number: number;
  units: number;
}

export type Lines = RedeemBody["lines"];

export class Kiosk {
  terminal: (Enrolled & { issuer: string }) | null = null;
  state: KioskState | null = null;
  revoked = false;

  private constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly api: Api,
  ) {}

  static async open(): Promise<Kiosk> {
    const store = await openStore("kiosk");
    const clock = await Clock.open(store);
    const kiosk = new Kiosk(store, clock, new Api(store, clock));
    kiosk.terminal = (await readMeta(store, "terminal")) ?? null;
    await kiosk.identify();
    return kiosk;
  }

  newRequestId = (): string => uuid7(this.clock.now());

  async enrol(issuer: string, code: string): Promise<Answer<Enrolled>> {
    const key = await deviceKey(this.store);
    const answer = await this.api.post<Enrolled>("/api/v1/terminals/enrol", { community: issuer, code, public_jwk: await publicJwk(key) });
    if (answer.kind !== "ok") return answer;
    if (answer.value.kind !== "kiosk") {
      // The code was meant for a till or counter: the tablet becomes that.
      const other = await openStore(answer.value.kind);
      await writeMeta(other, "terminal", { ...answer.value, issuer });
      await writeMeta(other, "device_key", key);
      location.assign(`/${answer.value.kind}`);
      return answer;
    }
    this.terminal = { ...answer.value, issuer };
    await writeMeta(this.store, "terminal", this.terminal);
    await this.identify();
    await this.refresh();
    return answer;
  }

  async refresh(): Promise<boolean> {
    const answer = await this.heard(this.api.get<KioskState>("/api/v1/kiosk/state"));
    if (answer.kind === "ok") this.state = answer.value;
    return answer.kind === "ok";
  }

  holder = (token: string): Promise<Answer<Mine>> => this.heard(this.api.post<Mine>("/api/v1/kiosk/holder", { token }));

  goods = (): Promise<Answer<{ items: Good[] }>> => this.heard(this.api.get<{ items: Good[] }>("/api/v1/goods"));

  /** They have read it; unheard, it is shown again at the next contact. */
  told = (notices: ToldLater[]): Promise<Answer<unknown>> =>
    this.heard(this.api.post("/api/v1/till/told", { request_ids: notices.map((one) => one.request_id) }));

  keep = (asked: { request_id: string; instead_of: string[] }, token: string, lines: Lines): Promise<Answer<Kept>> =>
    this.heard(this.api.post<Kept>("/api/v1/kiosk/orders", { ...asked, token, lines }));

  changePin = (requestId: string, token: string, old: string, chosen: string): Promise<Answer<unknown>> =>
    this.heard(this.api.post("/api/v1/kiosk/pin", { request_id: requestId, token, old, pin: chosen }));

  callStaff = (requestId: string, lines: Lines): Promise<Answer<unknown>> =>
    this.heard(this.api.post("/api/v1/kiosk/calls", { request_id: requestId, lines }));

  /** Forgets a screen that was taken out of service, so that it can be set up anew. */
  async forget(): Promise<void> {
    await this.store.delete("meta", "terminal");
    await this.store.delete("meta", "device_key");
    this.terminal = null;
    this.revoked = false;
    this.api.identity = null;
  }

  private async heard<T>(asked: Promise<Answer<T>>): Promise<Answer<T>> {
    const answer = await asked;
    if (answer.kind === "unanswered" && answer.why === "revoked") this.revoked = true;
    return answer;
  }

  private async identify(): Promise<void> {
    if (this.terminal) this.api.identity = { terminal: this.terminal, key: await deviceKey(this.store), clerkToken: null };
  }
}
