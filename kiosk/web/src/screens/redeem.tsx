// The points supermarket's counter: code, goods by picture, PIN, slip, passbook.

import { useEffect, useRef, useState } from "preact/hooks";
import { giveUpBasket, holderOf, type Lines, newRequestId, openBasket, orderHere } from "../app/counter";
import { type Beside, type Done, redeem } from "../app/desk";
import type { Till } from "../app/till";
import { Tries } from "../app/tries";
import { stillToTell } from "../app/told";
import type { ToldLater } from "../net/counter_types";
import type { Good, GoodsOrder, Holder, Proxy } from "../net/types";
import { isBarcode, scannedGood } from "../rules/find_good";
import { NOTHING, type Seen } from "../customer/feed";
import type { VerifiedToken } from "../rules/verify";
import { readScan } from "../scan/read";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { LateTell } from "../ui/late_tell";
import { SecretCode } from "../ui/pad";
import { Figures } from "../ui/result";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { useCustomer } from "../ui/customer";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { DoneScreen, RefusedScreen } from "./done";
import { noServer } from "./enrol";
import { type Basket, Shelf } from "./redeem_shelf";
import { pointsText, yuan } from "./words";

type Step = "scan" | "goods" | "pay" | "pin" | "sending" | "refused" | "done";

const HOLD_AFTER_MS = 800;
const PIN_DIGITS = 6;
const PRICE_MOVED = "price_moved";
const PIN_CODES = new Set(["pin_needed", "pin_wrong"]);

export function RedeemScreen({ go, first, chosen }: { go: Go; first: VerifiedToken | null; chosen: Basket }) {
  const counter = useRedemption(first, chosen);
  const home = (): void => go({ at: "home" });
  useCustomer(seenOf(counter));
  const fault = counter.fault && <Notice kind="failed">{counter.fault}</Notice>;
  switch (counter.step) {
    case "scan":
      return (
        <Screen title={t("Scan the points code")} onBack={home}>
          {fault}
          <Scanner onText={counter.scan} />
          <p class="hint">{t("Card or phone: hold the code in the frame. A hand scanner works too.")}</p>
        </Screen>
      );
    case "goods":
      return (
        <Screen title={t("Choose goods")} onBack={home} wide>
          {fault}
          {counter.tell.length > 0 && <LateTell notices={counter.tell} />}
          {counter.holder && <Shelf {...counter} holder={counter.holder} />}
        </Screen>
      );
    case "pay":
      return (
        <Screen title={t("Take the yuan")} onBack={counter.backToGoods}>
          <Figures
            of={[
              { label: t("The resident pays"), value: yuan(counter.asked.fen), strong: true },
              { label: t("Points used"), value: pointsText(counter.asked.units) },
            ]}
          />
          <p class="hint">{t("Cash or the community's own payment code. Book it only once the yuan are here.")}</p>
          <button type="button" class="main" onClick={counter.paid}>
            <Icon name="done" />
            {t("{yuan} received", { yuan: yuan(counter.asked.fen) })}
          </button>
        </Screen>
      );
    case "pin":
      return (
        <Screen title={t("The resident types the PIN")} onBack={counter.backToGoods}>
          {fault}
          <p class="hint">{t("Turn the tablet to the resident. Six digits; nobody else looks.")}</p>
          <SecretCode label={t("PIN")} text={counter.pin} length={PIN_DIGITS} onText={counter.typePin} />
        </Screen>
      );
    case "sending":
      return (
        <Screen title={t("One moment…")}>
          <p class="busy" role="status">
            {t("Booking…")}
          </p>
        </Screen>
      );
    case "refused":
      return <RefusedScreen sentence={counter.fault} onAgain={counter.scanAgain} {...(counter.holder && { onChange: counter.backToGoods })} onHome={home} />;
    case "done":
      return <Handed done={counter.done!} go={go} />;
  }
}

/** What the goods in the basket cost, for the customer's screen; never what is left. */
function seenOf({ step, done, total, paidFen, asked }: ReturnType<typeof useRedemption>): Seen {
  if (step === "done" && done && done.kind !== "refused") {
    return { ...NOTHING, step: "done", units: done.line.offset_units, pay_fen: done.line.paid_fen };
  }
  const cost = step === "goods" ? { units: total, fen: paidFen } : asked;
  if (step === "scan" || cost.units === 0) return step === "scan" ? NOTHING : { ...NOTHING, step: "wait" };
  return { ...NOTHING, step: step === "pay" ? "pay" : step === "goods" ? "amount" : "wait", units: cost.units, pay_fen: cost.fen };
}

function Handed({ done, go }: { done: Done; go: Go }) {
  const ref = done.kind === "booked" ? done.line.ref : null;
  return (
    <DoneScreen done={done} again={t("Next resident")} onAgain={() => go({ at: "redeem" })} onHome={() => go({ at: "home" })}>
      {ref && (
        <button type="button" onClick={() => go({ at: "passbook", whose: { ref } })}>
          <Icon name="book" />
          {t("Passbook")}
        </button>
      )}
    </DoneScreen>
  );
}

function useRedemption(first: VerifiedToken | null, chosen: Basket) {
  const [till, view] = useTill();
  const [step, setStep] = useState<Step>("scan");
  const [token, setToken] = useState(first);
  const [holder, setHolder] = useState<Holder | null>(null);
  const [tell, setTell] = useState<ToldLater[]>([]);
  const { goods, fault: shelfFault, look } = useGoods(till);
  const { basket, add, clear } = useBasket(chosen);
  const [pin, setPin] = useState("");
  const [fault, setFault] = useState("");
  const [done, setDone] = useState<Done | null>(null);
  const [order, setOrder] = useState<GoodsOrder | null>(null);
  const [proxy, setProxy] = useState<Proxy | null>(null);
  const tries = useRef(new Tries(() => newRequestId(till)));
  const held = useHeld(till, step === "goods", basket);
  const sumOf = (price: (good: Good) => number): number => goods.reduce((sum, good) => sum + price(good) * (basket[good.good_id] ?? 0), 0);
  const total = sumOf((good) => good.price_units);
  const paidFen = sumOf((good) => good.price_fen ?? 0);
  const asked = order ? { units: order.units, fen: order.paid_fen ?? 0 } : { units: total, fen: paidFen };

  useEffect(() => {
    if (first) void open(first);
  }, []);

  const open = async (whose: VerifiedToken): Promise<void> => {
    const answer = await holderOf(till, whose.text);
    if (answer.kind !== "ok") {
      setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
      return setStep("refused");
    }
    setFault("");
    setTell(await stillToTell(till, answer.value.notices));
    setToken(whose);
    setHolder(answer.value);
    setStep("goods");
  };

  const takeGood = (text: string): void => {
    const good = scannedGood(goods, text);
    play(good ? "read" : "failed");
    setFault(good ? "" : t("No goods have the barcode {text}. Find them by picture or name.", { text }));
    if (good) add(good, 1);
  };

  const scan = (text: string): void => {
    if (step === "goods" && (isBarcode(text) || scannedGood(goods, text))) return takeGood(text);
    if (step !== "scan") return;
    void readScan(till, text).then((read) => {
      if (read.kind === "token") {
        play("read");
        return open(read.token);
      }
      play("failed");
      return setFault(read.kind === "fault" ? read.sentence : t("This is the code of a receipt. Scan the resident's card or phone."));
    });
  };
  useScans(scan);

  const send = async (typed: string | null, collected = order): Promise<void> => {
    if (!token) return;
    setStep("sending");
    setFault("");
    const lines = collected ? collected.lines.map(({ good_id, quantity }) => ({ good_id, quantity })) : linesOf(basket);
    const beside: Beside = {
      ...(collected ? { order_id: collected.order_id } : held.current && { hold: held.current }),
      ...(proxy && { proxy_relation: proxy.relation, proxy_name: proxy.name }),
    };
    const cost = collected ? { units: collected.units, fen: collected.paid_fen ?? 0 } : { units: total, fen: paidFen };
    const result = await redeem(till, { token: token.text, lines, ...cost, pin: typed, beside });
    setPin("");
    if (result.kind !== "refused") held.current = null;
    if (result.kind !== "refused") {
      setDone(result);
      return setStep("done");
    }
    setFault(said(result.refused.zh, result.refused.en));
    if (result.refused.code === PRICE_MOVED) look();
    const asksPin = PIN_CODES.has(result.refused.code);
    if (asksPin) play("failed");
    setStep(asksPin ? "pin" : "refused");
  };

  const confirm = (units: number, fen: number, collected: GoodsOrder | null): void => {
    setOrder(collected);
    if (fen > 0) setStep("pay");
    else prove(units, collected);
  };
  const prove = (units: number, collected: GoodsOrder | null): void => {
    if (units > pinLimit) setStep("pin");
    else void send(null, collected);
  };
  const orderForLater = async (): Promise<void> => {
    if (!token) return;
    await letGo(till, held);
    const lines = linesOf(basket);
    const answer = await orderHere(till, tries.current.next([token.serial, lines]), token.text, lines);
    if (answer.kind !== "ok") {
      if (answer.kind === "refused") tries.current.known();
      return setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
    }
    tries.current.known();
    clear();
    return open(token);
  };
  const pinLimit = holder?.pin_needed_above_units ?? view.state?.rules.pin_above_units_card ?? 0;
  return {
    step, goods, basket, total, paidFen, asked, holder, tell, pin, done, scan, add, clear,
    fault: fault || shelfFault,
    backToGoods: () => setStep("goods"),
    proxy, setProxy,
    confirm: () => confirm(total, paidFen, null),
    collect: (waiting: GoodsOrder) => confirm(waiting.units, waiting.paid_fen ?? 0, waiting),
    paid: () => prove(asked.units, order),
    orderForLater: () => void orderForLater(),
    typePin: (text: string) => {
      setPin(text);
      if (text.length === PIN_DIGITS) void send(text);
    },
    scanAgain: () => {
      setToken(null);
      setHolder(null);
      setFault("");
      setStep("scan");
    },
  };
}

const linesOf = (basket: Basket): Lines => Object.entries(basket).map(([good_id, quantity]) => ({ good_id, quantity }));

/** Keeps the basket's goods aside on the server while it is open. What the shelf lacks is handed out all the same. */
function useHeld(till: Till, isChoosing: boolean, basket: Basket) {
  const held = useRef<string | null>(null);
  useEffect(() => {
    if (!isChoosing) return;
    const timer = setTimeout(() => void holdAgain(till, held, linesOf(basket)), HOLD_AFTER_MS);
    return () => clearTimeout(timer);
  }, [basket, isChoosing]);
  useEffect(() => () => void letGo(till, held), []);
  return held;
}

async function holdAgain(till: Till, held: { current: string | null }, lines: Lines): Promise<void> {
  await letGo(till, held);
  if (lines.length === 0) return;
  const answer = await openBasket(till, newRequestId(till), lines);
  if (answer.kind === "ok") held.current = answer.value.hold;
}

async function letGo(till: Till, held: { current: string | null }): Promise<void> {
  const before = held.current;
  held.current = null;
  if (before) await giveUpBasket(till, before);
}

function useGoods(till: Till): { goods: Good[]; fault: string; look(): void } {
  const [goods, setGoods] = useState<Good[]>([]);
  const [fault, setFault] = useState("");
  const look = (): void =>
    void till.api.get<{ items: Good[] }>("/api/v1/goods").then((answer) => {
      till.hear(answer);
      if (answer.kind === "ok") setGoods(answer.value.items);
      else setFault(noServer());
    });
  useEffect(look, []);
  return { goods, fault, look };
}

/** `chosen`: what was put into it at the residents' screen before. */
function useBasket(chosen: Basket) {
  const [basket, setBasket] = useState<Basket>(chosen);
  // Several goods may be added before the next picture: each goes into what the last one left.
  const latest = useRef(basket);
  const put = (next: Basket): void => {
    latest.current = next;
    setBasket(next);
  };
  const add = (good: Good, count: number): void => {
    const { [good.good_id]: had = 0, ...rest } = latest.current;
    const next = Math.max(0, had + count);
    put(next > 0 ? { ...rest, [good.good_id]: next } : rest);
  };
  return { basket, add, clear: () => put({}) };
}
