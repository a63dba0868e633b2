// What stands on a slip, read from the slip on the screen: paper and screen cannot say different things.

export type Part =
  | { kind: "row"; label: string; value: string }
  | { kind: "text"; text: string; size: "small" | "large" | "huge"; bold: boolean; framed: boolean; proof?: boolean }
  | { kind: "code"; text: string; proof: boolean }
  /** Where the paper is torn: between the customer's half and the shop's. */
  | { kind: "tear" };

/** The parts of one slip, from top to bottom. */
export function partsOf(slip: Element): Part[] {
  const found: Part[] = [];
  for (const child of Array.from(slip.children)) found.push(...partsIn(child));
  return found;
}

function partsIn(element: Element): Part[] {
  const code = element.getAttribute("data-code");
  if (code !== null) return [{ kind: "code", text: code, proof: element.classList.contains("large") }];
  const label = element.querySelector(":scope > dt");
  if (label) return [{ kind: "row", label: wordsOf(label), value: wordsOf(element.querySelector(":scope > dd")) }];
  if (/^(P|H2|LI)$/.test(element.tagName)) return textOf(element);
  return partsOf(element);
}

function textOf(element: Element): Part[] {
  const text = wordsOf(element);
  if (text === "") return [];
  const isWhole = element.querySelector(":scope > strong")?.textContent === element.textContent;
  const isHead = element.tagName === "H2" || isWhole;
  const framed = element.classList.contains("training-bar");
  const size = element.classList.contains("drawn") ? "huge" : isHead ? "large" : "small";
  const proof = element.closest(".proof") !== null;
  return [{ kind: "text", text, size, bold: isHead || framed || element.classList.contains("ref"), framed, proof }];
}

const wordsOf = (element: Element | null): string => (element?.textContent ?? "").replace(/\s+/g, " ").trim();

/** How a slip is printed twice: the head of each half, and the rows that are the customer's alone. */
export interface Halves {
  customer: string;
  shop: string;
  own: string[];
}

/** The same slip twice with a line to tear along; what is left to the customer, and the proof, are no business of the shop's. */
export function inHalves(parts: Part[], { customer, shop, own }: Halves): Part[] {
  const head = (text: string): Part => ({ kind: "text", text, size: "large", bold: true, framed: false });
  const isTheirs = (part: Part): boolean => (part.kind === "row" ? own.includes(part.label) : part.kind !== "tear" && part.proof === true);
  const kept = parts.filter((part) => !isTheirs(part));
  return [head(customer), ...parts, { kind: "tear" }, head(shop), ...kept];
}
