// Keys for the whole page: a wedge scanner's bursts become scans wherever the focus is, a person's keys go on.

import { BURST_GAP_MS, signOf, Wedge } from "../rules/wedge";

export interface KeyWishes {
  /** A whole scan. */
  onScan(text: string): void;
  /** A key a person typed: "0" to "9", ".", "back". */
  onKey(key: string): void;
}

interface Field {
  element: HTMLInputElement;
  before: string;
}

/** Listens until the returned function is called. */
export function listenKeys(wishes: KeyWishes): () => void {
  const wedge = new Wedge();
  let field: Field | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const passOn = (): void => {
    const typed = wedge.release(performance.now());
    if (!field) for (const sign of typed) wishes.onKey(sign);
    if (wedge.isHolding) timer = setTimeout(passOn, BURST_GAP_MS);
    else field = null;
  };

  const listener = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const ends = event.code === "Enter" || event.code === "NumpadEnter" || event.code === "Tab" || event.key === "Enter";
    const sign = ends ? null : signOf(event.code, event.key);
    if (!ends && sign === null) {
      if (event.code === "Backspace" && !focusedField()) wishes.onKey("back");
      return;
    }
    clearTimeout(timer);
    if (!wedge.isHolding) field = fieldNow();
    const step = wedge.feed(sign, event.timeStamp);
    if (step.kind === "scan") {
      event.preventDefault();
      event.stopImmediatePropagation();
      restore(field);
      field = null;
      wishes.onScan(step.text);
      return;
    }
    if (step.kind === "pass") {
      passOn();
      return;
    }
    // In a text field a person must see each letter at once, so a burst is taken out again when it proves to be one.
    if (!field) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    timer = setTimeout(passOn, BURST_GAP_MS);
  };

  window.addEventListener("keydown", listener, { capture: true });
  return () => {
    clearTimeout(timer);
    window.removeEventListener("keydown", listener, { capture: true });
  };
}

function focusedField(): HTMLInputElement | null {
  const element = document.activeElement;
  return element instanceof HTMLInputElement && element.type !== "radio" ? element : null;
}

function fieldNow(): Field | null {
  const element = focusedField();
  return element && { element, before: element.value };
}

function restore(field: Field | null): void {
  if (!field) return;
  field.element.value = field.before;
  field.element.dispatchEvent(new Event("input", { bubbles: true }));
}
