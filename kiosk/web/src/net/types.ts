// What the server and the till say to each other. Amounts are whole fen and units; ids are strings.

import type { ClaimLine, ClaimTotals } from "../rules/claim";
import type { ShiftHead } from "../rules/shift_sums";
import type { OffsetRules, OfflinePolicy } from "../rules/offline";
import type { KeyClass } from "../rules/token";
import type { Jwk } from "../rules/verify";
import type { ToldLater } from "./counter_types";

export type Mode = "till" | "counter" | "kiosk";

export interface Enrolled {
  terminal_id: string;
  terminal_code: string;
  community_id: string;
  merchant_name: string;
  branch_name: string;
  kind: Mode;
  /** The community's log, to be pinned; absent where a tablet was enrolled before there was one. */
  log?: { origin: string; keys: string[] } | null;
}

export interface ClerkSession {
  clerk_token: string;
  clerk_id: string;
  label: string;
  expires_at: string;
}

export type Channel = "scan" | "credit_card" | "bank_card" | "cash" | "gateway";

export interface Rules extends OffsetRules {
  /** Decimals of a point; missing where the server is older. */
  precision?: number;
  pin_above_units_card: number;
  pin_above_units_dyn: number;
  /** How a customer may pay here, and which of these earn points. */
  channels: Channel[];
  approved_channels: Channel[];
  /** The year's budget is used up: no new points, whatever is paid. Missing where the server is older. */
  earning_stopped?: boolean;
  earning_paused?: boolean;
}

/** What a server that lost its book asks of a till. */
export interface Asked {
  recovery_id: string;
  state: "restored" | "collecting" | "applied";
  /** From when on the till's lines are wanted. */
  since_ms: number;
  wanted: boolean;
  /** Whether points may be used already. */
  spending: boolean;
}

export interface TillState {
  server_time: string;
  shop: { merchant_code: string; merchant_name: string; branch_name: string };
  terminal: { terminal_id: string; terminal_code: string; last_counter: number };
  community: { issuer: string; hotline: string | null };
  clerks: { clerk_id: string; label: string }[];
  owed: { owed_fen: number; arrives_on: string | null; open_differences: number };
  rules: Rules;
  jwks: { keys: Jwk[] };
  business_date: string;
  recovery: Asked | null;
  /** The newest entry of this till's shifts in the book; missing where the server is older. */
  shift?: ShiftHead | null;
  /** The last batch this till filed and what the next one names; missing where the server is older. */
  batch?: { no: number; hash: string };
  /** What the till may do without network; missing where the server is older. */
  offline?: OfflinePolicy;
}

export interface Quote {
  holder_label: string;
  available_units: number;
  pending_units: number;
  proposal: { units: number; fen: number; limited_by: string; sentence: string; sentence_en: string };
  pin_needed_above_units: number;
  token_class: KeyClass;
  /** Missing where the server is older. */
  notices?: ToldLater[];
}

export interface Receipt {
  lines: { label: string; value: string }[];
  qr_text: string;
}

/** A receipt's code of the seal and how far its entry has come. */
export interface SealCode {
  state: "published" | "sealed" | "promised";
  /** What the picture holds; empty while the community's log has no key. */
  text: string;
  month: number | null;
  published_on: string | null;
}

export interface SaleBody {
  request_id: string;
  counter: number;
  ref: string;
  token: string;
  total_fen: number;
  offset_units: number;
  channel: Channel;
  payment_ref: string | null;
  pin: string | null;
  occurred_at: string;
  /** The sale was decided without the server, under what the till was told last; '' where it was told nothing. */
  offline?: { policy: string };
}

export interface SaleAnswer {
  sale_id: string;
  ref: string;
  total_fen: number;
  offset_units: number;
  offset_fen: number;
  paid_fen: number;
  earned_units: number;
  earned_state: "spendable" | "pending" | "none";
  /** Which rule cut the earned points, null where none did. */
  earned_reason: string | null;
  balance_units: number;
  receipt: Receipt;
  business_date: string;
}

export interface RefundBody {
  request_id: string;
  counter: number;
  ref: string;
  original_ref: string;
  refund_fen: number;
  occurred_at: string;
  /** Why the whole sale is undone; left out where goods came back. */
  undo?: string;
}

export interface RefundAnswer {
  ref: string;
  original_ref: string;
  refund_fen: number;
  cash_back_fen: number;
  offset_back_fen: number;
  units_back: number;
  earned_reversed_units: number;
  owed_units: number;
  receipt: Receipt;
}

/** A sale as GET /sales/{ref} gives it. */
export interface KnownSale {
  ref: string;
  total_fen: number;
  offset_fen: number;
  offset_units: number;
  paid_fen: number;
  refunded_fen: number;
  occurred_at: string;
}

export interface ClaimBody {
  request_id: string;
  business_date: string;
  batch_no: number;
  opened_at: string;
  closed_at: string;
  lines: ClaimLine[];
  totals: ClaimTotals;
  /** What the tablet signed over all of it. */
  seal: string;
}

export interface ClaimAnswer {
  batch_no: number;
  outcome: "ok" | "replayed" | "totals_wrong";
  differences: ClaimDifference[];
}

/** A counter without a line, or a control total the server reckons otherwise. */
export interface ClaimDifference {
  name: string;
  counter?: number;
  till?: number;
  server?: number;
}

export interface Good {
  good_id: string;
  code: string;
  name: string;
  price_units: number;
  /** Yuan beside the points of one piece, in fen. */
  price_fen?: number;
  stock: number;
  picture: string;
  /** First letters of the name's sounds. */
  initials?: string;
  barcode?: string;
  /** Pieces that no order or basket waits for. */
  free?: number;
  is_low?: boolean;
  /** The notice while it is not handed out. */
  paused?: string;
  /** When more is expected. */
  more_on?: string | null;
}

export type Relation = "spouse" | "child" | "grandchild" | "neighbour" | "carer" | "volunteer" | "other";

/** Who collects for the holder. */
export interface Proxy {
  relation: Relation;
  name: string;
}

export interface GoodsOrder {
  order_id: string;
  number: number;
  units: number;
  /** Yuan beside the points, paid when it is collected. */
  paid_fen?: number;
  /** From when a good that goes fast is handed out. */
  slot_from?: string;
  expires_at: string;
  lines: { good_id: string; name: string; quantity: number }[];
}

/** A line of a slip of today, and how many of it can still come back. */
export interface SlipLine {
  line_no: number;
  name: string;
  price_units: number;
  price_fen?: number;
  left: number;
}

export interface ReturnAnswer {
  ref: string;
  original_ref: string;
  units_back: number;
  paid_back_fen?: number;
  receipt: Receipt;
}

export interface Holder {
  holder_label: string;
  available_units: number;
  pending_units: number;
  owed_units: number;
  pin_needed_above_units: number;
  token_class: KeyClass;
  passbook: { lines: number; waiting: number };
  orders: GoodsOrder[];
  proxies: Proxy[];
  notices?: ToldLater[];
}

export interface PassbookLine {
  line_no: number;
  date: string;
  matter: string;
  plus_units: number;
  minus_units: number;
  balance_units: number;
  handled_by: string;
}

export interface PassbookSheet {
  page_lines: number;
  first: number;
  last: number;
  printed: number;
  waiting: number;
  lines: PassbookLine[];
}

export interface RedeemBody {
  request_id: string;
  counter: number;
  ref: string;
  token: string;
  lines: { good_id: string; quantity: number }[];
  pin: string | null;
  occurred_at: string;
  hold?: string;
  order_id?: string;
  proxy_relation?: Relation;
  proxy_name?: string;
  /** The yuan beside the points as this screen showed them. */
  paid_fen?: number;
}

export interface RedeemAnswer {
  ref: string;
  units: number;
  paid_fen?: number;
  balance_units: number;
  receipt: Receipt;
}

/** application/problem+json, as far as the till reads it. */
export interface Problem {
  status: number;
  code: string;
  detail: string;
  detail_en: string;
  facts?: Record<string, string | number | null>;
}

interface Numbered {
  request_id: string;
  counter: number;
  ref: string;
  occurred_at: string;
}

export interface VoucherUseBody extends Numbered {
  code: string;
}

export interface VoucherAnswer {
  ref: string;
  number: string;
  service: string;
  units: number;
  /** What the shop may claim for it by its contract; 0 where the community gives it itself. */
  fen: number;
  receipt: Receipt;
}

/** A discount by right that the shop bears itself. */
export interface Benefit {
  code: string;
  name: string;
  percent_off: number;
  /** How many points it uses up, as people write them; "0" where none. */
  burn_points: string;
  eligible: boolean;
}

export interface BenefitBody extends Numbered {
  token: string;
  code: string;
  total_fen: number;
}

export interface BenefitAnswer {
  ref: string;
  name: string;
  total_fen: number;
  off_fen: number;
  paid_fen: number;
  receipt: Receipt;
}

/** A service on sale for points. */
export interface Service {
  service_id: string;
  code: string;
  name: string;
  price_units: number;
  valid_days: number;
  provider: string;
}

export interface VoucherSaleBody extends Numbered {
  token: string;
  service_id: string;
  pin: string | null;
}
