// Which printer a shop's slips come from, and a strip to try it with.

import { useState } from "preact/hooks";
import { BAUDS, choosePrinter, type Printer, type Sent, sendTo, type Way, ways } from "../print/printer";
import { drawSlip } from "../print/draw";
import { escpos, PAPER_DOTS } from "../print/escpos";
import { t } from "../text/t";
import { useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { Outcome } from "../ui/print_buttons";

export function PrinterChoice() {
  const [till, view] = useTill();
  const [sent, setSent] = useState<Sent | null>(null);
  const { printer, halves, paper } = view.preferences;
  const choose = async (way: Way): Promise<void> => {
    setSent(null);
    if (await choosePrinter(way)) await till.setPreferences({ printer: { way, baud: printer?.baud ?? BAUDS[0] } });
  };
  const nextBaud = (now: Printer): void => {
    const at = BAUDS.findIndex((baud) => baud === now.baud);
    void till.setPreferences({ printer: { ...now, baud: BAUDS[(at + 1) % BAUDS.length]! } });
  };
  const tryIt = async (now: Printer): Promise<void> => {
    const face = getComputedStyle(document.body).fontFamily;
    const words = { kind: "text", text: t("The printer works: {code}", { code: view.terminal?.terminal_code ?? "" }), size: "large", bold: true, framed: false } as const;
    const code = { kind: "code", text: view.terminal?.terminal_code ?? "", proof: false } as const;
    setSent(await sendTo(now, escpos(drawSlip([words, code], PAPER_DOTS[paper], face, false))));
  };
  return (
    <>
      {ways().map((way) => (
        <li key={way}>
          <button type="button" aria-pressed={printer?.way === way} onClick={() => void choose(way)}>
            <Icon name={printer?.way === way ? "done" : "print"} />
            {way === "usb" ? t("Receipt printer by USB") : t("Receipt printer by serial line or Bluetooth")}
          </button>
        </li>
      ))}
      {printer && (
        <>
          {printer.way === "serial" && (
            <li>
              <button type="button" onClick={() => nextBaud(printer)}>
                {t("Speed of the line: {baud}", { baud: printer.baud })}
              </button>
            </li>
          )}
          <li>
            <button type="button" aria-pressed={halves} onClick={() => void till.setPreferences({ halves: !halves })}>
              <Icon name="list" />
              {halves ? t("Receipts in two halves: yes") : t("Receipts in two halves: no")}
            </button>
          </li>
          <li>
            <button type="button" onClick={() => void tryIt(printer)}>
              <Icon name="print" />
              {t("Print a strip to try it")}
            </button>
          </li>
          <li>
            <button type="button" onClick={() => void till.setPreferences({ printer: null })}>
              {t("No receipt printer: print as the tablet does")}
            </button>
          </li>
        </>
      )}
      {sent && (
        <li>
          <Outcome sent={sent} />
        </li>
      )}
    </>
  );
}
