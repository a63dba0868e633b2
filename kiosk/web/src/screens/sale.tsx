// A sale: amount and code in either order, the offset proposed, confirmed, done.

import { useEffect, useRef, useState } from "preact/hooks";
import { closeSlip, type Done, OfferGoneError, openSlip, quote, type SaleDraft, sell } from "../app/desk";
import { hasRunOut, isTakenHere, lookOffline, type OfflineLook, spareName } from "../app/offline";
import { stillToTell } from "../app/told";
import type { ToldLater } from "../net/counter_types";
import type { Channel, Quote } from "../net/types";
import { NOTHING, type Seen, type Step as CustomerStep } from "../customer/feed";
import { offsetFen } from "../rules/offset";
import type { VerifiedToken } from "../rules/verify";
import { fenOf } from "../rules/units";
import { PRACTICE_CARD, readScan } from "../scan/read";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { Amount, SecretCode } from "../ui/pad";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { useCustomer } from "../ui/customer";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { DoneScreen, RefusedScreen } from "./done";
import { ParkButton } from "./parked";
import { cardWords, type Sides, whyNotWords } from "./offline_words";
import { TypedCertificate } from "./sale_certificate";
import { ConfirmSale } from "./sale_confirm";

type Step = "amount" | "scan" | "asking" | "confirm" | "pin" | "sending" | "done" | "refused";

const PIN_DIGITS = 6;
const PIN_CODES = new Set(["pin_needed", "pin_wrong"]);

interface SaleProps {
  go: Go;
  first: VerifiedToken | null;
  /** What a parked basket came to. */
  amount: string;
}

export function SaleScreen({ go, first, amount }: SaleProps) {
  const [till] = useTill();
  const sale = useSale(first, amount);
  const home = (): void => go({ at: "home" });
  const typed = fenOf(sale.amount);
  useCustomer(seenOf(sale, typed, till.view.state?.rules.units_per_fen ?? 1));
  switch (sale.step) {
    case "amount":
      return (
        <Screen title={t("Sale")} onBack={home}>
          <Amount label={t("Total")} text={sale.amount} onText={sale.setAmount} />
          <button type="button" class="main" disabled={typed === 0} onClick={sale.afterAmount}>
            <Icon name="scan" />
            {sale.token ? t("Continue") : t("Scan the code")}
          </button>
          {/* Below the keys: a scan may come while a finger is on its way to one. */}
          {sale.fault && <Notice kind="failed">{sale.fault}</Notice>}
          {sale.token && <Notice kind="info">{t("The code is read. Type the amount.")}</Notice>}
          {typed > 0 && <ParkButton amount={sale.amount} onParked={home} onFault={sale.setFault} />}
        </Screen>
      );
    case "scan":
      return (
        <Screen title={t("Scan the points code")} onBack={() => sale.setStep("amount")}>
          {sale.fault && <Notice kind="failed">{sale.fault}</Notice>}
          {till.isTraining && (
            <button type="button" class="main" onClick={() => sale.scan(PRACTICE_CARD)}>
              {t("Use the practice card")}
            </button>
          )}
          <Scanner onText={sale.scan} />
          <TypedCertificate onNumber={sale.scan} />
          <p class="hint">{t("Card or phone: hold the code in the frame. A hand scanner works too.")}</p>
          {!till.isTraining && typed > 0 && (
            <button type="button" class="below" onClick={() => go({ at: "amount", totalFen: typed })}>
              {t("Show the bill for the phone")}
            </button>
          )}
        </Screen>
      );
    case "confirm":
      return (
        <Screen title={t("Confirm")} onBack={() => sale.setStep("amount")}>
          {sale.fault && <Notice kind="failed">{sale.fault}</Notice>}
          <ConfirmSale bill={sale.bill!} choice={sale.choice} onChoice={sale.setChoice} onConfirm={sale.confirm} />
        </Screen>
      );
    case "pin":
      return (
        <Screen title={t("The resident types the PIN")} onBack={() => sale.setStep("confirm")}>
          {sale.fault && <Notice kind="failed">{sale.fault}</Notice>}
          <p class="hint">{t("Turn the tablet to the resident. Six digits; nobody else looks.")}</p>
          <SecretCode label={t("PIN")} text={sale.pin} length={PIN_DIGITS} onText={sale.typePin} />
        </Screen>
      );
    case "asking":
    case "sending":
      return (
        <Screen title={t("One moment…")}>
          <p class="busy" role="status">
            {sale.step === "asking" ? t("Asking what the points are worth…") : t("Booking…")}
          </p>
        </Screen>
      );
    case "refused":
      return <RefusedScreen sentence={sale.fault} sides={sale.sides} onAgain={sale.scanAgain} onChange={sale.change} onHome={home} />;
    case "done":
      return <DoneScreen done={sale.done!} again={t("Next sale")} onAgain={() => go({ at: "sale" })} onHome={home}>
        <UndoButton done={sale.done!} go={go} />
      </DoneScreen>;
  }
}

type SaleState = ReturnType<typeof useSale>;

/** What of it the customer's screen shows: the amount as typed, then as confirmed; nothing of who or why. */
function seenOf({ step, bill, choice, done, token }: SaleState, typedFen: number, unitsPerFen: number): Seen {
  if (step === "done" && done && done.kind !== "refused") {
    const { total_fen, offset_fen, offset_units, paid_fen } = done.line;
    return { ...NOTHING, step: "done", total_fen, off_fen: offset_fen, units: offset_units, pay_fen: paid_fen };
  }
  const isPriced = step === "confirm" || step === "sending" || step === "pin";
  const units = isPriced ? choice.units : 0;
  const off_fen = offsetFen(units, unitsPerFen);
  const total_fen = bill && isPriced ? bill.totalFen : typedFen;
  if (total_fen === 0) return NOTHING;
  const steps: Partial<Record<Step, CustomerStep>> = { amount: token ? "amount" : "show", scan: "show", confirm: "pay" };
  return { ...NOTHING, step: steps[step] ?? "wait", total_fen, off_fen, units, pay_fen: total_fen - off_fen };
}

/** Takes the sale back at once, while the customer still stands there. */
function UndoButton({ done, go }: { done: Done; go: Go }) {
  if (done.kind !== "booked" || done.line.kind !== "sale") return null;
  const { line } = done;
  return (
    <button type="button" onClick={() => go({ at: "undo", line })}>
      <Icon name="refund" />
      {t("Undo")}
    </button>
  );
}

/** What the quote was asked for; the sale is made over this and nothing else. */
export interface Bill {
  totalFen: number;
  /** null: the server was not there to ask. */
  quote: Quote | null;
  /** What the till may decide without it; null where it need not. */
  offline: OfflineLook | null;
  /** What its holder is to read before they go. */
  tell: ToldLater[];
}

export interface Choice {
  units: number;
  channel: Channel;
}

function useSale(first: VerifiedToken | null, parked: string) {
  const [till, view] = useTill();
  const [step, setStep] = useState<Step>("amount");
  const [amount, showAmount] = useState(parked);
  const [token, setToken] = useState(first);
  const [bill, setBill] = useState<Bill | null>(null);
  const [choice, setChoice] = useState<Choice>({ units: 0, channel: view.state?.rules.channels[0] ?? "scan" });
  const [pin, setPin] = useState("");
  const [fault, setFault] = useState("");
  const [sides, setSides] = useState<Sides | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  // A scan may arrive between a key and the picture that shows it.
  const latest = useRef(amount);
  const setAmount = (text: string): void => {
    latest.current = text;
    showAmount(text);
  };

  useEffect(() => {
    // The number stands in the tablet's store before anything is scanned.
    const slip = openSlip(till);
    return () => void slip.then((counter) => closeSlip(till, counter));
  }, []);

  const scan = (text: string): void => {
    if (step === "amount" || step === "scan") void take(text);
  };
  useScans(scan);

  const take = async (text: string): Promise<void> => {
    const read = await readScan(till, text);
    if (read.kind === "token") {
      play("read");
      setFault("");
      setToken(read.token);
      const totalFen = fenOf(latest.current);
      if (totalFen > 0) await ask(read.token, totalFen);
      else setStep("amount");
      return;
    }
    play("failed");
    setFault(read.kind === "fault" ? read.sentence : t("This is the code of a receipt. To give money back, open “Refund”."));
  };

  const ask = async (whose: VerifiedToken, totalFen: number): Promise<void> => {
    setStep("asking");
    setFault("");
    setSides(null);
    if (await isTakenHere(till, whose)) {
      setBill(null);
      setToken(null);
      setSides(whyNotWords("code_taken"));
      return setStep("refused");
    }
    const answer = await quote(till, whose.text, totalFen);
    if (answer.kind === "refused") {
      setFault(said(answer.refused.zh, answer.refused.en));
      setBill(null);
      setToken(null);
      return setStep("refused");
    }
    const value = answer.kind === "ok" ? answer.value : null;
    const offline = value ? null : await lookOffline(till, whose, totalFen);
    if (offline?.card && offline.card !== "good") {
      setBill(null);
      setToken(null);
      setSides(cardWords(offline.card));
      return setStep("refused");
    }
    setBill({ totalFen, quote: value, offline, tell: await stillToTell(till, value?.notices) });
    const channel = offline && choice.channel === "gateway" ? "cash" : choice.channel;
    // Without network nobody sees the balance: points are used where the customer asks for it.
    setChoice({ channel, units: value?.proposal.units ?? 0 });
    return setStep("confirm");
  };

  const send = async (typed: string | null): Promise<void> => {
    if (!token || !bill) return setStep("scan");
    if (bill.offline && hasRunOut(token, till.clock.now())) {
      play("failed");
      setPin("");
      setToken(null);
      setFault(t("The code has run out meanwhile. Let the customer show a new one."));
      return setStep("scan");
    }
    setStep("sending");
    setFault("");
    const draft: SaleDraft = {
      token: token.text,
      totalFen: bill.totalFen,
      offsetUnits: choice.units,
      channel: choice.channel,
      pin: typed,
      spare: await spareName(till, token),
      ...(bill.offline && { offline: bill.offline.mark, look: () => lookOffline(till, token, bill.totalFen) }),
    };
    let result: Done;
    try {
      result = await sell(till, draft);
    } catch (error) {
      if (!(error instanceof OfferGoneError)) throw error;
      const offline = await lookOffline(till, token, bill.totalFen);
      setBill({ ...bill, offline });
      setChoice({ ...choice, units: Math.min(choice.units, offline.offer.units) });
      setFault(t("Points were used at another window of this till meanwhile. Look at the new amount and confirm again."));
      return setStep("confirm");
    }
    setPin("");
    if (result.kind !== "refused") {
      setDone(result);
      return setStep("done");
    }
    setFault(said(result.refused.zh, result.refused.en));
    const asksPin = PIN_CODES.has(result.refused.code);
    if (asksPin) play("failed");
    return setStep(asksPin ? "pin" : "refused");
  };

  return {
    step, setStep, amount, setAmount, token, bill, choice, setChoice, pin, fault, setFault, sides, done, scan,
    afterAmount: () => (token ? void ask(token, fenOf(amount)) : setStep("scan")),
    confirm: () => {
      if (bill?.quote && choice.units > bill.quote.pin_needed_above_units) setStep("pin");
      else void send(null);
    },
    typePin: (text: string) => {
      setPin(text);
      if (text.length === PIN_DIGITS) void send(text);
    },
    scanAgain: () => {
      setToken(null);
      setFault("");
      setStep("scan");
    },
    change: () => {
      setFault("");
      setStep(bill ? "confirm" : "amount");
    },
  };
}
