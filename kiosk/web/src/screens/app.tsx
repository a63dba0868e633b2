// Which screen is open. Everything a clerk does starts at the home screen and ends there.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Whose } from "../app/counter";
import type { Till } from "../app/till";
import type { DayLine } from "../device/db";
import { countPoints } from "../rules/units";
import type { VerifiedToken } from "../rules/verify";
import { listenKeys } from "../scan/keys";
import { t, useLanguage } from "../text/t";
import { Notice, Screen, TillContext, useTill } from "../ui/frame";
import { typeKey } from "../ui/pad";
import { takeScan } from "../ui/scans";
import { wakeSound } from "../ui/sound";
import { CloseScreen } from "./close";
import { EnrolScreen } from "./enrol";
import { HomeScreen } from "./home";
import { RedeemScreen } from "./redeem";
import { RefundScreen } from "./refund";
import { SaleScreen } from "./sale";
import { SignInScreen } from "./sign_in";
import { TodayScreen } from "./today";

export type Place =
  | { at: "home" }
  | { at: "sale"; token?: VerifiedToken; amount?: string }
  | { at: "undo"; line: DayLine }
  | { at: "shift" }
  | { at: "leave" }
  | { at: "amount"; totalFen: number }
  | { at: "self_test" }
  | { at: "settings" }
  | { at: "refund"; ref?: string }
  | { at: "redeem"; token?: VerifiedToken; basket?: Record<string, number> }
  | { at: "passbook"; whose?: Whose }
  | { at: "goods_return" }
  | { at: "queue" }
  | { at: "pin" }
  | { at: "voucher"; code?: string }
  | { at: "today" }
  | { at: "check"; code?: string; evidence?: boolean }
  | { at: "close" };

export type Go = (place: Place) => void;

export function App({ till }: { till: Till }) {
  useEffect(() => listenKeys({ onScan: takeScan, onKey: typeKey }), []);
  useEffect(() => {
    window.addEventListener("pointerdown", wakeSound, { once: true });
    window.addEventListener("keydown", wakeSound, { once: true });
  }, []);
  return (
    <TillContext.Provider value={till}>
      <Door />
    </TillContext.Provider>
  );
}

/** Lets in whoever is enrolled and signed in. */
function Door() {
  const [till, view] = useTill();
  const [place, go] = useState<Place>({ at: "home" });
  const [visit, setVisit] = useState(0);
  useLanguage(view.preferences.language);
  countPoints(view.state?.rules.precision ?? 2);
  document.title = view.terminal ? `${view.terminal.terminal_code} · ${t("Community points")}` : t("Community points");
  const move: Go = (next) => {
    setVisit(visit + 1);
    go(next);
  };
  if (view.revoked) return <RevokedScreen onForget={() => void till.forget()} />;
  if (!view.terminal) return <EnrolScreen />;
  if (!view.clerk) return <SignInScreen />;
  if (view.training) return <LateScreen load={loadTraining} props={{ real: till, place, go: move, visit, Room }} onBack={() => void till.setTraining(false)} />;
  return <Room key={visit} place={place} go={move} />;
}

export interface RoomProps {
  place: Place;
  go: Go;
}

function Room({ place, go }: RoomProps) {
  switch (place.at) {
    case "home":
      return <HomeScreen go={go} />;
    case "sale":
      return <SaleScreen go={go} first={place.token ?? null} amount={place.amount ?? ""} />;
    case "self_test":
      return <LateScreen load={loadSelfTest} props={{ go }} onBack={() => go({ at: "home" })} />;
    case "settings":
      return <LateScreen load={loadSettings} props={{ go }} onBack={() => go({ at: "home" })} />;
    case "amount":
      return <LateScreen load={loadAmount} props={{ go, totalFen: place.totalFen }} onBack={() => go({ at: "home" })} />;
    case "leave":
      return <LateScreen load={loadLeave} props={{ go }} onBack={() => go({ at: "home" })} />;
    case "shift":
      return <LateScreen load={loadShift} props={{ go }} onBack={() => go({ at: "home" })} />;
    case "undo":
      return <LateScreen load={loadUndo} props={{ go, line: place.line }} onBack={() => go({ at: "home" })} />;
    case "refund":
      return <RefundScreen go={go} first={place.ref ?? null} />;
    case "redeem":
      return <RedeemScreen go={go} first={place.token ?? null} chosen={place.basket ?? {}} />;
    case "goods_return":
      return <LateScreen load={loadReturn} props={{ go }} onBack={() => go({ at: "home" })} />;
    case "queue":
      return <LateScreen load={loadQueue} props={{ go }} onBack={() => go({ at: "home" })} />;
    case "pin":
      return <LateScreen load={loadPin} props={{ go }} onBack={() => go({ at: "home" })} />;
    case "passbook":
      return <LateScreen load={loadPassbook} props={{ go, first: place.whose ?? null }} onBack={() => go({ at: "home" })} />;
    case "today":
      return <TodayScreen go={go} />;
    case "voucher":
      return <LateScreen load={loadVoucher} props={{ go, first: place.code ?? null }} onBack={() => go({ at: "home" })} />;
    case "check":
      return <LateScreen load={loadCheck} props={{ go, first: place.code ?? null, evidence: place.evidence ?? false }} onBack={() => go({ at: "home" })} />;
    case "close":
      return <CloseScreen go={go} />;
  }
}

const loadReturn = () => import("./goods_return").then((module) => module.GoodsReturnScreen);
const loadSelfTest = () => import("./self_test").then((module) => module.SelfTestScreen);
const loadSettings = () => import("./settings").then((module) => module.SettingsScreen);
const loadTraining = () => import("./training").then((module) => module.TrainingRoom);
const loadAmount = () => import("./amount").then((module) => module.AmountScreen);
const loadLeave = () => import("./training").then((module) => module.LeaveTraining);
const loadShift = () => import("./shift").then((module) => module.ShiftScreen);
const loadUndo = () => import("./undo").then((module) => module.UndoScreen);
const loadQueue = () => import("./queue").then((module) => module.QueueScreen);
const loadPassbook = () => import("./passbook").then((module) => module.PassbookScreen);
const loadPin = () => import("./pin").then((module) => module.PinScreen);
const loadVoucher = () => import("./voucher").then((module) => module.VoucherScreen);
const loadCheck = () => import("./check").then((module) => module.CheckScreen);

interface LateProps<P> {
  load(): Promise<(props: P) => JSX.Element>;
  props: P;
  onBack(): void;
}

/** A screen that is not needed to sell, and so is not in the first load. */
function LateScreen<P>({ load, props, onBack }: LateProps<P>) {
  const [Found, setFound] = useState<((props: P) => JSX.Element) | null>(null);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    // On plain http nothing is kept for later, so without network this part may not be there.
    load().then((screen) => setFound(() => screen), () => setMissing(true));
  }, []);
  if (Found) return <Found {...(props as P & JSX.IntrinsicAttributes)} />;
  return (
    <Screen title={t("One moment…")} onBack={onBack}>
      {missing && <Notice kind="failed">{t("This screen could not be loaded. Connect the tablet and try again.")}</Notice>}
    </Screen>
  );
}

function RevokedScreen({ onForget }: { onForget: () => void }) {
  const [till, view] = useTill();
  if (till.mustDeliver) {
    return (
      <Screen title={t("Out of service")}>
        <Notice kind="failed">{t("This till was taken out of service. It still holds {count} sales made without network: leave it on and connected until they are delivered.", { count: view.undelivered })}</Notice>
        <button type="button" class="main" onClick={() => void till.resend()}>
          {t("Try again now")}
        </button>
      </Screen>
    );
  }
  return (
    <Screen title={t("Out of service")}>
      <Notice kind="failed">{t("This till was taken out of service. Ask the office for a new enrolment code.")}</Notice>
      <button type="button" class="main" onClick={onForget}>
        {t("Enrol this tablet anew")}
      </button>
    </Screen>
  );
}
