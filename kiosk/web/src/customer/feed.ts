// What the screen towards the customer is told: sums of the purchase at hand and nothing of anybody. There is no field here
// for a name, a balance, a refusal or a card, so none can be shown.

import type { Mode } from "../net/types";
import type { Language } from "../text/t";

/** `wait`: somebody asks, types or is refused; the queue cannot tell which. */
export type Step = "idle" | "amount" | "show" | "phone" | "pay" | "wait" | "done";

/** Fen and units, as they stand on the clerk's screen. */
export interface Seen {
  step: Step;
  total_fen: number;
  off_fen: number;
  units: number;
  pay_fen: number;
  /** A bill to be confirmed with a phone, as the code shows it: till, number and sum, signed. */
  code: string;
}

export interface Told extends Seen {
  /** Which window of the till says it. */
  tab: string;
  shop: string;
  language: Language;
  precision: number;
  training: boolean;
}

export const NOTHING: Seen = { step: "idle", total_fen: 0, off_fen: 0, units: 0, pay_fen: 0, code: "" };
/** The till says again what is shown, so that a screen opened late or a till that died is noticed. */
export const AGAIN_MS = 15_000;
/** After so long without a word the customer's screen shows nothing more. */
export const SILENT_MS = 50_000;
/** What the customer's screen asks when it opens. */
export const HELLO = "hello";

export const channelName = (mode: Mode): string => `jifen-customer-${mode}`;
