// How many points a till may let go without network: what it was told, less what it let go itself. Pure; units and ms.

/** What the server told at the last sync; `policy` goes back to it word for word with each offline sale. */
export interface OfflinePolicy {
  policy: string;
  issued_at: string;
  valid_until: string;
  day: string;
  spending: boolean;
  why_not: string | null;
  terminal_units: number;
  left_units: number;
  left_fen: number;
  card_units: number;
  sale_units: number;
  sale_fen: number;
  /** The most of one sale with a spare code; missing where the server is older than they are. */
  spare_units?: number;
  classes: string[];
  cards_version: string;
  cards_ttl_s: number;
}

/** Why no points can be let go now. */
export type WhyNot =
  | "never_told"
  | "not_allowed"
  | "recovering"
  | "too_long"
  | "list_old"
  | "code_class"
  | "code_taken"
  | "card_used_up"
  | "terminal_used_up"
  | "bill_too_small";

export interface Asked {
  keyClass: string;
  totalFen: number;
  nowMs: number;
  /** When the list of cards ends (ms); null where the till has none it believes. */
  listEndsMs: number | null;
  /** Let go by this till under the policy's day and not in `left_units` yet. */
  usedUnits: number;
  /** Of that day, by this holder at this till, with the card or a spare code. */
  cardUsedUnits: number;
  /** Spare codes of this holder that this till took under the policy's day. */
  sparesUsed?: number;
  /** This till has taken this very code already. */
  isTaken?: boolean;
}

/** The published rules of an offset; what is missing does not limit. */
export interface OffsetRules {
  units_per_fen: number;
  step_units: number;
  min_units: number;
  share_percent?: number;
  sale_cap_units?: number | null;
}

export type Offer = { units: number; why: null } | { units: 0; why: WhyNot };

/** The phone's codes that were fetched ahead: each works once, and a till takes one a holder a day. */
export const SPARE = "vch";
const SPARES_A_DAY = 1;

const none = (why: WhyNot): Offer => ({ units: 0, why });

/** The most points this sale may take without network, or why none. */
export function offerOffline(policy: OfflinePolicy | null, rules: OffsetRules, asked: Asked): Offer {
  if (!policy) return none("never_told");
  if (!policy.spending) return none(policy.why_not === "recovery_no_spending" ? "recovering" : "not_allowed");
  if (asked.nowMs > Date.parse(policy.valid_until)) return none("too_long");
  if (asked.listEndsMs === null || asked.nowMs > asked.listEndsMs) return none("list_old");
  if (!policy.classes.includes(asked.keyClass)) return none("code_class");
  const isSpare = asked.keyClass === SPARE;
  if (isSpare && asked.isTaken) return none("code_taken");
  if (isSpare && (asked.sparesUsed ?? 0) >= SPARES_A_DAY) return none("card_used_up");
  const [saleUnits, cardUnits] = isSpare ? [policy.spare_units ?? 0, policy.spare_units ?? 0] : [policy.sale_units, policy.card_units];
  const least = Math.max(rules.min_units, rules.step_units, 1);
  const card = cardUnits - asked.cardUsedUnits;
  const terminal = policy.left_units - asked.usedUnits;
  if (card < least) return none("card_used_up");
  if (terminal < least) return none("terminal_used_up");
  const most = Math.min(saleUnits, card, terminal, billUnits(rules, asked.totalFen));
  const units = Math.floor(most / rules.step_units) * rules.step_units;
  return units < least ? none("bill_too_small") : { units, why: null };
}

function billUnits(rules: OffsetRules, totalFen: number): number {
  const fen = Math.floor((totalFen * (rules.share_percent ?? 100)) / 100);
  return Math.min(fen * rules.units_per_fen, rules.sale_cap_units ?? Infinity);
}
