// Which step is open. A step goes away by a touch alone, or after the screen has asked for a minute.

import { useEffect, useRef, useState } from "preact/hooks";
import { Tries } from "../app/tries";
import type { Answer } from "../net/api";
import type { Good } from "../net/types";
import { readToken, ScanError } from "../rules/token";
import { countPoints } from "../rules/units";
import { listenKeys } from "../scan/keys";
import { inLanguage, type Language, mark, said, t, useLanguage } from "../text/t";
import { takeScan, useScans } from "../ui/scans";
import { wakeSound } from "../ui/sound";
import type { Kept, Kiosk, Lines, Mine } from "./device";
import { MoreTime, useIdle } from "./idle";
import { ChangePin, PinChanged } from "./pin";
import { Balance, Coming, Confirm, KeptGoods, LookHere, ReadThis, Scan, Shelf, Welcome } from "./screens";
import { OutOfService, SetUp } from "./set_up";
import { tell } from "./speech";

export type Goal = "balance" | "goods";
export type Basket = Record<string, number>;
export type Step = "welcome" | "scan" | "balance" | "goods" | "confirm" | "kept" | "look" | "read" | "coming" | "pin" | "pin_changed";

/** How long a basket waits for its card after the screen was cleared. */
const PARKED_MS = 600_000;

export const linesOf = (basket: Basket): Lines => Object.entries(basket).map(([good_id, quantity]) => ({ good_id, quantity }));

export function KioskApp({ kiosk }: { kiosk: Kiosk }) {
  const [language, setLanguage] = useState<Language>("zh");
  const [, redraw] = useState(0);
  useLanguage(language);
  countPoints(kiosk.state?.precision ?? 2);
  document.title = t("Community points");
  const again = (): void => redraw((count) => count + 1);
  useEffect(() => listenKeys({ onScan: takeScan, onKey: () => undefined }), []);
  useEffect(() => {
    window.addEventListener("pointerdown", wakeSound, { once: true });
    const timer = setInterval(() => void kiosk.refresh().then(again), 60_000);
    return () => clearInterval(timer);
  }, []);
  if (kiosk.revoked) return <OutOfService onForget={() => void kiosk.forget().then(again)} />;
  if (!kiosk.terminal) return <SetUp kiosk={kiosk} onDone={again} />;
  return <Visit kiosk={kiosk} language={language} setLanguage={setLanguage} />;
}

interface VisitProps {
  kiosk: Kiosk;
  language: Language;
  setLanguage(language: Language): void;
}

function Visit({ kiosk, language, setLanguage }: VisitProps) {
  const visit = useVisit(kiosk);
  const { step } = visit;
  const [left, stay] = useIdle(kiosk.state?.idle_s ?? 90, step !== "welcome", step, visit.clear);
  const other: Language = language === "zh" ? "en" : "zh";
  return (
    <div class="kiosk">
      <header>
        <strong>{kiosk.state?.name ?? t("Community points")}</strong>
        <button type="button" lang={other === "zh" ? "zh-CN" : "en"} onClick={() => setLanguage(other)}>
          {other === "zh" ? inLanguage("zh", mark("Chinese")) : "English"}
        </button>
      </header>
      <main aria-hidden={left !== null}>
        <StepShown visit={visit} />
      </main>
      <footer>
        {step !== "welcome" && (
          <button type="button" onClick={visit.end}>
            {t("Back to the start")}
          </button>
        )}
        {step !== "coming" && (
          <button type="button" onClick={() => void visit.call()}>
            {t("Call the staff")}
          </button>
        )}
      </footer>
      {left !== null && <MoreTime left={left} onStay={stay} onEnd={visit.end} />}
    </div>
  );
}

function StepShown({ visit }: { visit: VisitState }) {
  switch (visit.step) {
    case "welcome":
      return <Welcome choose={visit.choose} />;
    case "scan":
      return <Scan onText={visit.scan} sentence={visit.sentence} />;
    case "balance":
      return <Balance mine={visit.mine!} onGoods={() => void visit.openGoods()} onPin={visit.toPin} />;
    case "pin":
      return <ChangePin onChange={(old, chosen) => void visit.changePin(old, chosen)} />;
    case "pin_changed":
      return <PinChanged />;
    case "goods":
      return <Shelf {...visit} mine={visit.mine!} onNext={visit.toConfirm} />;
    case "confirm":
      return <Confirm {...visit} onYes={() => void visit.keep()} onBack={() => void visit.openGoods()} />;
    case "kept":
      return <KeptGoods kept={visit.kept!} />;
    case "look":
      return <LookHere sentence={visit.sentence} onAgain={visit.retry} />;
    case "read":
      return <ReadThis notices={visit.mine!.notices ?? []} onRead={visit.read} />;
    case "coming":
      return <Coming />;
  }
}

type VisitState = ReturnType<typeof useVisit>;

function useVisit(kiosk: Kiosk) {
  const [step, setStep] = useState<Step>("welcome");
  const [goal, setGoal] = useState<Goal>("balance");
  const [token, setToken] = useState("");
  const [serial, setSerial] = useState(0);
  const [mine, setMine] = useState<Mine | null>(null);
  const [goods, setGoods] = useState<Good[]>([]);
  const [basket, setBasket] = useState<Basket>({});
  const [kept, setKept] = useState<Kept | null>(null);
  const [sentence, setSentence] = useState("");
  const [busy, setBusy] = useState(false);
  const tries = useRef(new Tries(kiosk.newRequestId));
  /** A PIN goes nowhere but into the request: after each visit nothing of it is left here. */
  const pinTries = useRef(new Tries(kiosk.newRequestId));
  const parked = useRef<{ serial: number; basket: Basket; at: number; tries: Tries } | null>(null);
  /** Whose turn it is: an answer that comes after its owner has gone is shown to nobody. */
  const turn = useRef(0);
  const total = goods.reduce((sum, good) => sum + good.price_units * (basket[good.good_id] ?? 0), 0);

  const forget = (): void => {
    turn.current += 1;
    setBusy(false);
    setToken("");
    setSerial(0);
    setMine(null);
    setBasket({});
    setKept(null);
    setSentence("");
    // Not emptied but new: the old one may wait with a parked basket.
    tries.current = new Tries(kiosk.newRequestId);
    pinTries.current.known();
    setStep("welcome");
  };
  /** Sets a basket aside for the card it was chosen with; nobody else sees it. */
  const clear = (): void => {
    if (serial > 0 && Object.keys(basket).length > 0 && step !== "kept") parked.current = { serial, basket, at: Date.now(), tries: tries.current };
    forget();
  };
  const look = (answer: Exclude<Answer<unknown>, { kind: "ok" }>): void => {
    setSentence(answer.refused ? said(answer.refused.zh, answer.refused.en) : t("The screen cannot reach the community now. Please call the staff."));
    setStep("look");
  };
  const openGoods = async (): Promise<void> => {
    const mineNow = turn.current;
    const answer = await kiosk.goods();
    if (turn.current !== mineNow) return;
    if (answer.kind !== "ok") return look(answer);
    // Yuan beside points are paid to a person; what is paused or gone cannot be kept.
    setGoods(answer.value.items.filter((good) => !good.paused && !good.price_fen && (good.free ?? good.stock) > 0));
    setStep("goods");
  };
  const open = async (text: string, card: number, wanted: Goal): Promise<void> => {
    const mineNow = turn.current;
    const answer = await kiosk.holder(text);
    if (turn.current !== mineNow) return;
    if (answer.kind !== "ok") return look(answer);
    setToken(text);
    setSerial(card);
    setMine(answer.value);
    setSentence("");
    const before = parked.current;
    parked.current = null;
    const isBack = before?.serial === card && Date.now() - before.at < PARKED_MS;
    if (isBack) {
      setBasket(before.basket);
      tries.current = before.tries;
    }
    if ((answer.value.notices ?? []).length > 0) return setStep("read");
    if (wanted === "goods" || isBack) return openGoods();
    setStep("balance");
  };
  const scan = (text: string): void => {
    if (busy || (step !== "scan" && step !== "welcome")) return;
    try {
      const { serial: card } = readToken(text);
      setBusy(true);
      const mineNow = turn.current;
      void open(text.trim(), card, goal).finally(() => {
        if (turn.current === mineNow) setBusy(false);
      });
    } catch (error) {
      if (!(error instanceof ScanError)) throw error;
      // Whatever it was, its text goes no further.
      setSentence(t("That was no points code. Show the points card, or the points page of your phone."));
      setStep("scan");
      tell("look");
    }
  };
  useScans(scan);
  const keep = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const mineNow = turn.current;
    const lines = linesOf(basket);
    const answer = await kiosk.keep(tries.current.next([serial, lines]), token, lines);
    if (turn.current !== mineNow) return;
    setBusy(false);
    if (answer.kind !== "unanswered") tries.current.known();
    if (answer.kind !== "ok") return look(answer);
    setKept(answer.value);
    setBasket({});
    setStep("kept");
  };
  const changePin = async (old: string, chosen: string): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const mineNow = turn.current;
    const answer = await kiosk.changePin(pinTries.current.next([serial, old, chosen]).request_id, token, old, chosen);
    if (turn.current !== mineNow) return;
    setBusy(false);
    if (answer.kind !== "unanswered") pinTries.current.known();
    if (answer.kind !== "ok") return look(answer);
    setStep("pin_changed");
  };
  const call = async (): Promise<void> => {
    const mineNow = turn.current;
    const answer = await kiosk.callStaff(kiosk.newRequestId(), linesOf(basket));
    if (turn.current !== mineNow) return;
    if (answer.kind !== "ok") return look(answer);
    setStep("coming");
  };
  return {
    step, mine, goods, basket, kept, sentence, total, busy, scan, clear, keep, call, changePin, openGoods,
    end: forget,
    choose: (wanted: Goal) => {
      setGoal(wanted);
      setStep("scan");
    },
    add: (good: Good, count: number) => {
      const { [good.good_id]: had = 0, ...rest } = basket;
      const next = Math.max(0, had + count);
      setBasket(next > 0 ? { ...rest, [good.good_id]: next } : rest);
    },
    read: () => {
      void kiosk.told(mine?.notices ?? []);
      setMine(mine && { ...mine, notices: [] });
      if (goal === "goods" || Object.keys(basket).length > 0) void openGoods();
      else setStep("balance");
    },
    toPin: () => setStep("pin"),
    toConfirm: () => setStep("confirm"),
    retry: () => setStep(mine === null ? "scan" : kept === null && total > 0 ? "confirm" : "balance"),
  };
}
