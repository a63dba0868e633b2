// The residents' screen tells good or neutral news only: a tone, and words where clips are there.

import { play } from "../ui/sound";
import { say } from "../ui/speaker";

export type News = "kept" | "look" | "coming";

export function tell(news: News): void {
  play(news === "kept" ? "done" : news === "coming" ? "read" : "waiting");
  void say({ news });
}
