// The bill on the screen for the customer's phone; the till waits until the page has confirmed it.

import { useEffect, useRef, useState } from "preact/hooks";
import { believeProof, LIFE_MS, settleBill, showBill, type ShownBill } from "../app/amount_code";
import type { DayLine } from "../device/db";
import { t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { QrCode } from "../ui/receipt";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { NOTHING } from "../customer/feed";
import { useCustomer } from "../ui/customer";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { DoneScreen } from "./done";
import { yuan } from "./words";

const LOOK_MS = 2_000;

export function AmountScreen({ go, totalFen }: { go: Go; totalFen: number }) {
  const [till, view] = useTill();
  const [bill, setBill] = useState<ShownBill | null>(null);
  const [line, setLine] = useState<DayLine | null>(null);
  const [fault, setFault] = useState("");
  const [scanning, setScanning] = useState(false);
  const done = line && { total_fen: line.total_fen, off_fen: line.offset_fen, units: line.offset_units, pay_fen: line.paid_fen };
  const isShown = bill !== null && !scanning;
  useCustomer(done ? { ...NOTHING, step: "done", ...done } : { ...NOTHING, step: isShown ? "phone" : "wait", total_fen: totalFen, code: isShown ? bill.text : "" });
  const over = useRef(false);
  /** The bill itself stays kept: the till settles it when the server answers. */
  const home = (): void => {
    over.current = true;
    go({ at: "home" });
  };

  useEffect(() => {
    void showBill(till, totalFen, view.state?.rules.channels[0] ?? "scan").then(setBill);
  }, []);
  useEffect(() => {
    if (!bill) return undefined;
    const timer = setInterval(() => {
      if (over.current) return;
      const isPast = till.clock.now() > bill.made_ms + LIFE_MS;
      void settleBill(till, bill, isPast).then((settled) => {
        if (isPast && settled.kind === "open" && !scanning && !over.current) home();
        else take(settled);
      });
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [bill, scanning]);
  useEffect(
    () => () => {
      over.current = true;
    },
    [],
  );

  const take = (settled: Awaited<ReturnType<typeof settleBill>>): void => {
    if (over.current || settled.kind === "open") return;
    over.current = true;
    if (settled.kind === "booked") setLine(settled.line);
    else home();
  };
  const scan = async (text: string): Promise<void> => {
    if (!bill || over.current) return;
    const found = await believeProof(till, bill, text);
    if (found) {
      over.current = true;
      return setLine(found);
    }
    play("failed");
    setFault(t("This code does not prove this bill. Let the customer open the entry of this purchase."));
  };
  useScans((text) => void scan(text));
  const takeBack = async (): Promise<void> => {
    if (!bill) return home();
    const settled = await settleBill(till, bill, true);
    if (settled.kind === "open") return setFault(t("Without network the bill cannot be taken back. It ends by itself after three minutes."));
    return take(settled);
  };

  if (line) return <DoneScreen done={{ kind: "booked", line }} again={t("Next sale")} onAgain={() => go({ at: "sale" })} onHome={home} />;
  return (
    <Screen title={t("Bill for the phone")} onBack={home}>
      {fault && <Notice kind="failed">{fault}</Notice>}
      <p class="pays">
        <span>{t("Total")}</span>
        <strong>{yuan(totalFen)}</strong>
      </p>
      {bill && !scanning && (
        <div class="shown-bill">
          <QrCode text={bill.text} label={t("The bill as a code")} proof />
        </div>
      )}
      {scanning && <Scanner onText={(text) => void scan(text)} />}
      <p class="hint">{t("The customer scans this with the phone and confirms there. It is good for three minutes.")}</p>
      {!view.online && <Notice kind="warning">{t("No network here: scan the code the customer's page shows after confirming.")}</Notice>}
      <button type="button" class="below" onClick={() => setScanning(!scanning)}>
        {scanning ? t("Show the bill again") : t("Scan the customer's confirmation")}
      </button>
      <button type="button" class="below" onClick={() => void takeBack()}>
        {t("Take the bill back")}
      </button>
    </Screen>
  );
}
