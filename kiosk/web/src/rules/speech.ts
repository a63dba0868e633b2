// What the loudspeaker may say, as clips to be joined. Good or neutral news only: there is no word here for a refusal, a
// limit, a lost card or a balance, and no clip for one either.

export type News =
  /** Points came in by this purchase. */
  | { news: "arrived"; units: number }
  /** Points were used for this purchase, and so much came off. */
  | { news: "taken"; units: number; fen: number }
  | { news: "handed" }
  | { news: "kept" }
  | { news: "coming" }
  | { news: "look" };

const STEPS = [10_000, 1_000, 100, 10] as const;

/** Clips of a whole number below a hundred million as people say it: 105 is one hundred, zero, five. */
export function numberClips(whole: number): string[] {
  if (whole === 0) return ["0"];
  if (whole === 2) return ["two"];
  // Twelve is "ten two", without a one before it.
  if (whole >= 10 && whole < 20) return ["10", ...(whole > 10 ? [String(whole - 10)] : [])];
  return below(whole);
}

function below(whole: number): string[] {
  const clips: string[] = [];
  let rest = whole;
  let gap = false;
  for (const step of STEPS) {
    const count = Math.floor(rest / step);
    rest %= step;
    if (count === 0) {
      gap = clips.length > 0;
      continue;
    }
    if (gap) clips.push("0");
    gap = false;
    // Two thousand is another "two" than two hundred.
    const many = count > 9 ? numberClips(count) : [count === 2 && step >= 1_000 ? "two" : String(count)];
    clips.push(...many, String(step));
  }
  if (rest === 0) return clips;
  return [...clips, ...(gap ? ["0"] : []), String(rest)];
}

function pointsClips(units: number, unitsInPoint: number): string[] {
  const whole = Math.floor(units / unitsInPoint);
  const part = units % unitsInPoint;
  if (part === 0) return numberClips(whole);
  const digits = String(part).padStart(String(unitsInPoint).length - 1, "0").replace(/0+$/, "");
  return [...numberClips(whole), "dot", ...digits];
}

/** A sum as it is said: 10 yuan, 10 yuan 5 jiao; what has fen is said with a point. */
function yuanClips(fen: number): string[] {
  if (fen % 10 !== 0) return [...pointsClips(fen, 100), "yuan"];
  const [yuan, jiao] = [Math.floor(fen / 100), (fen % 100) / 10];
  return [...(yuan > 0 || jiao === 0 ? [...numberClips(yuan), "yuan"] : []), ...(jiao > 0 ? [...numberClips(jiao), "jiao"] : [])];
}

/** The clips of one piece of news, in order. */
export function clipsOf(told: News, unitsInPoint: number): string[] {
  switch (told.news) {
    case "arrived":
      return ["arrived", ...pointsClips(told.units, unitsInPoint), "score"];
    case "taken":
      return ["taken", ...pointsClips(told.units, unitsInPoint), "points", ...yuanClips(told.fen)];
    default:
      return [told.news];
  }
}
