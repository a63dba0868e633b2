// What the goods counter asks the server beside the handing out.

import type { Answer } from "../net/api";
import type { CounterToday, Holder, PassbookSheet } from "../net/types";
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

export const newRequestId = (till: Till): string => uuid7(till.clock.now());
