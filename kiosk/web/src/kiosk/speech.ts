// What the loudspeaker may say. Good or neutral news only: never a refusal, a limit, a lost card, and no balance.

import { play } from "../ui/sound";

export type News = "kept" | "look" | "coming";

/** A tone for every piece of news; the words follow where clips are there. */
export function tell(news: News): void {
  play(news === "kept" ? "done" : news === "coming" ? "read" : "waiting");
}
