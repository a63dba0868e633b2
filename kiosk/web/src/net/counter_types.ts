// What the server says to whoever stands at a counter beside what is sold: the queue, the hours, calls, what a holder is told.

/** How a sale without network ended otherwise than it began: for its holder's eyes, at the next contact, once. */
export interface ToldLater {
  request_id: string;
  ref: string;
  zh: string;
  en: string;
}

export interface QueueState {
  waiting: number;
  called: { number: number; terminal_id: string }[];
}

export interface ToCount {
  items: { code: string; name: string; stock: number; lines: number }[];
}

/** When the goods counter is open: a moment with zone each. */
export interface Opening {
  from: string;
  to: string;
  name: string;
}

export interface CounterToday {
  /** The scheme knows no windows. */
  always: boolean;
  open: boolean;
  /** The window is over; only who stands in line is served. */
  over: boolean;
  opening: Opening | null;
  next: Opening | null;
}

/** Somebody at the residents' screen who asks for a person. */
export interface HelpCall {
  call_id: string;
  terminal_code: string;
  called_at: string;
  pieces: number;
}
