// What the goods counter asks the server beside the handing out.

import type { Answer } from "../net/api";
import type { CounterToday, HelpCall, QueueState, ToCount } from "../net/counter_types";
import type { GoodsOrder, Holder, PassbookSheet, RedeemBody, SlipLine } from "../net/types";
import { uuid7 } from "../rules/ids";
import type { Till } from "./till";

async function heard<T>(till: Till, asked: Promise<Answer<T>>): Promise<Answer<T>> {
  const answer = await asked;
  till.hear(answer);
  return answer;
}

export const holderOf = (till: Till, token: string): Promise<Answer<Holder>> =>
  heard(till, till.api.post<Holder>("/api/v1/counter/holder", { token }));

export const counterToday = (till: Till): Promise<Answer<CounterToday>> =>
  heard(till, till.api.get<CounterToday>("/api/v1/counter/today"));

/** Whose passbook: by the code that was shown, or by the slip just made. */
export type Whose = { token: string } | { ref: string };

/** Gives what is new its lines. `requestId` stays the same while one print is tried again. */
export const printPassbook = (till: Till, whose: Whose, requestId: string): Promise<Answer<PassbookSheet>> =>
  heard(till, till.api.post<PassbookSheet>("/api/v1/counter/passbook", { request_id: requestId, ...whose }));

export const printPage = (till: Till, whose: Whose, page: number): Promise<Answer<PassbookSheet>> =>
  heard(till, till.api.post<PassbookSheet>("/api/v1/counter/passbook/page", { ...whose, page }));

/** A new PIN for the holder of a code, who typed both; sent again under the same number it is changed once. */
export const changePin = (till: Till, asked: { request_id: string; token: string; old: string; pin: string }): Promise<Answer<{ changed: boolean }>> =>
  heard(till, till.api.post<{ changed: boolean }>("/api/v1/pins", asked));

export const newRequestId = (till: Till): string => uuid7(till.clock.now());

export type Lines = RedeemBody["lines"];

/** Sets goods aside while a basket is open; what the shelf lacks is refused and handed out all the same. */
export const openBasket = (till: Till, requestId: string, lines: Lines): Promise<Answer<{ hold: string }>> =>
  heard(till, till.api.post<{ hold: string }>("/api/v1/counter/baskets", { request_id: requestId, lines }));

export const giveUpBasket = (till: Till, hold: string): Promise<Answer<unknown>> =>
  heard(till, till.api.post("/api/v1/counter/baskets/release", { request_id: newRequestId(till), hold }));

/** `asked` from `Tries`: the number of this wish, and those of others that were never answered. */
export const orderHere = (till: Till, asked: { request_id: string; instead_of: string[] }, token: string, lines: Lines): Promise<Answer<GoodsOrder>> =>
  heard(till, till.api.post<GoodsOrder>("/api/v1/counter/orders", { ...asked, token, lines }));

export const slipLines = (till: Till, ref: string): Promise<Answer<{ lines: SlipLine[] }>> =>
  heard(till, till.api.get<{ lines: SlipLine[] }>(`/api/v1/counter/slips/${encodeURIComponent(ref)}`));

export const queueState = (till: Till): Promise<Answer<QueueState>> => heard(till, till.api.get<QueueState>("/api/v1/counter/queue"));

export const drawNumber = (till: Till, requestId: string): Promise<Answer<{ number: number }>> =>
  heard(till, till.api.post<{ number: number }>("/api/v1/counter/queue/take", { request_id: requestId }));

export const callNext = (till: Till, requestId: string): Promise<Answer<{ number: number }>> =>
  heard(till, till.api.post<{ number: number }>("/api/v1/counter/queue/call", { request_id: requestId }));

export const toCount = (till: Till): Promise<Answer<ToCount>> => heard(till, till.api.get<ToCount>("/api/v1/counter/flags"));

export const helpCalls = (till: Till): Promise<Answer<{ items: HelpCall[] }>> =>
  heard(till, till.api.get<{ items: HelpCall[] }>("/api/v1/counter/calls"));

export const takeCall = (till: Till, requestId: string, callId: string): Promise<Answer<{ lines: Lines }>> =>
  heard(till, till.api.post<{ lines: Lines }>("/api/v1/counter/calls/take", { request_id: requestId, call_id: callId }));
