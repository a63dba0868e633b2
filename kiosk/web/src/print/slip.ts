// Prints the slips that stand on the screen, each as a strip of its own.

import { drawSlip } from "./draw";
import { escpos, PAPER_DOTS } from "./escpos";
import { type Halves, inHalves, partsOf } from "./parts";
import { type Printer, type Sent, sendTo } from "./printer";

interface Wanted {
  printer: Printer;
  paper: 58 | 80;
  /** null: the slip once. */
  halves: Halves | null;
}

export async function printSlips({ printer, paper, halves }: Wanted): Promise<Sent> {
  const face = getComputedStyle(document.body).fontFamily;
  for (const slip of Array.from(document.querySelectorAll("article.slip"))) {
    const parts = partsOf(slip);
    const bitmap = drawSlip(halves ? inHalves(parts, halves) : parts, PAPER_DOTS[paper], face, slip.classList.contains("large"));
    const sent = await sendTo(printer, escpos(bitmap));
    if (sent !== "sent") return sent;
  }
  return "sent";
}
