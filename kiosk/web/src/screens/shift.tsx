// A shift: opened with a count of the drawer, closed with a count of drawer and slips, the differences shown.

import { useEffect, useState } from "preact/hooks";
import { closeShift, openShift, readShifts, type ShiftEntry, standing, type Standing } from "../app/shifts";
import { fenOf, hundredths } from "../rules/units";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { Amount, Pad } from "../ui/pad";
import { PrintButtons } from "../ui/print_buttons";
import { Result } from "../ui/result";
import { ShiftSlip } from "../ui/shift_slip";
import type { Go } from "./app";
import { yuan } from "./words";

type Step = "look" | "opening" | "cash" | "slips" | "taken" | "done" | "waits";
const MOST_DIGITS = 4;

export function ShiftScreen({ go }: { go: Go }) {
  const shift = useShift();
  const home = (): void => go({ at: "home" });
  const { now, step, setStep } = shift;
  if (!now) return <Screen title={t("Shift")} onBack={home}><p class="busy">{t("One moment…")}</p></Screen>;
  switch (step) {
    case "look":
      return <Look now={now} entries={shift.entries} onOpen={() => setStep("opening")} onClose={() => setStep("cash")} onBack={home} />;
    case "opening":
      return (
        <Screen title={t("Open shift {number}", { number: now.shiftNo })} onBack={() => setStep("look")}>
          {now.leftFen !== null && <p class="hint">{t("The last shift left {yuan} yuan in the drawer.", { yuan: hundredths(now.leftFen) })}</p>}
          <Amount label={t("Counted in the drawer")} text={shift.cash} onText={shift.setCash} />
          <button type="button" class="main" disabled={shift.busy} onClick={() => void shift.open()}>
            <Icon name="done" />
            {t("Open with {yuan}", { yuan: yuan(fenOf(shift.cash)) })}
          </button>
        </Screen>
      );
    case "cash":
      return (
        <Screen title={t("Close shift {number}", { number: now.shiftNo })} onBack={() => setStep("look")}>
          <Amount label={t("Counted in the drawer")} text={shift.cash} onText={shift.setCash} />
          <button type="button" class="main" onClick={() => setStep("slips")}>
            {t("Next: count the slips")}
          </button>
        </Screen>
      );
    case "slips":
      return (
        <Screen title={t("Close shift {number}", { number: now.shiftNo })} onBack={() => setStep("cash")}>
          <Count label={t("Slips counted")} text={shift.slips} onText={shift.setSlips} />
          <button type="button" class="main" onClick={() => setStep("taken")}>
            {t("Next: what is taken out")}
          </button>
        </Screen>
      );
    case "taken":
      return <Taken shift={shift} number={now.shiftNo} />;
    case "waits":
      return (
        <Screen title={t("Close shift {number}", { number: now.shiftNo })} onBack={home}>
          <Result kind="waiting" word={t("Not yet")}>
            <p>{t("{count} entries still wait for the server. Connect the tablet, wait until none is waiting, and close again.", { count: shift.waiting })}</p>
          </Result>
        </Screen>
      );
    case "done":
      return <Done entry={shift.done!} onHome={home} />;
  }
}

function useShift() {
  const [till, view] = useTill();
  const [step, setStep] = useState<Step>("look");
  const [now, setNow] = useState<Standing | null>(null);
  const [entries, setEntries] = useState<ShiftEntry[]>([]);
  const [cash, setCash] = useState("");
  const [slips, setSlips] = useState("");
  const [taken, setTaken] = useState("");
  const [busy, setBusy] = useState(false);
  const [done, setDone] = useState<ShiftEntry | null>(null);
  const [waiting, setWaiting] = useState(0);
  useEffect(() => {
    if (done) return;
    void standing(till).then(setNow);
    void readShifts(till).then((book) => setEntries(book.entries));
  }, [view.state, done]);
  const end = (entry: ShiftEntry): void => {
    setDone(entry);
    setBusy(false);
    setStep("done");
  };
  return {
    step, setStep, now, entries, cash, setCash, slips, setSlips, taken, setTaken, busy, done, waiting,
    open: async () => {
      setBusy(true);
      end(await openShift(till, fenOf(cash)));
    },
    close: async () => {
      setBusy(true);
      const answer = await closeShift(till, { cashFen: fenOf(cash), slips: Number(slips), takenFen: fenOf(taken) });
      if (answer.kind === "closed") return end(answer.entry);
      setBusy(false);
      setWaiting(answer.count);
      return setStep("waits");
    },
  };
}

interface LookProps {
  now: Standing;
  entries: ShiftEntry[];
  onOpen(): void;
  onClose(): void;
  onBack(): void;
}

function Look({ now, entries, onOpen, onClose, onBack }: LookProps) {
  const refused = entries.filter((entry) => entry.refused);
  const last = entries.filter((entry) => entry.kind === "close").slice(-1);
  return (
    <Screen title={t("Shift")} onBack={onBack}>
      {refused.map((entry) => (
        <Notice kind="failed" key={entry.n}>
          {said(entry.refused!.zh, entry.refused!.en)}
        </Notice>
      ))}
      <p>{now.isOpen ? t("Shift {number} is open.", { number: now.shiftNo }) : t("No shift is open.")}</p>
      <button type="button" class="main" onClick={now.isOpen ? onClose : onOpen}>
        {now.isOpen ? t("Close shift {number}", { number: now.shiftNo }) : t("Open shift {number}", { number: now.shiftNo })}
      </button>
      {last.map((entry) => (
        <section key={entry.n}>
          <h2>{t("The last closing")}</h2>
          <ShiftSlip entry={entry} />
          <PrintButtons />
        </section>
      ))}
    </Screen>
  );
}

function Taken({ shift, number }: { shift: ReturnType<typeof useShift>; number: number }) {
  const counted = fenOf(shift.cash);
  const taken = fenOf(shift.taken);
  return (
    <Screen title={t("Close shift {number}", { number })} onBack={() => shift.setStep("slips")}>
      <Amount label={t("Taken out of the drawer")} text={shift.taken} onText={shift.setTaken} />
      {taken > counted ? (
        <Notice kind="failed">{t("Only {yuan} yuan were counted.", { yuan: hundredths(counted) })}</Notice>
      ) : (
        <p class="hint">{t("{yuan} yuan stay for the next shift.", { yuan: hundredths(counted - taken) })}</p>
      )}
      <button type="button" class="main" disabled={shift.busy || taken > counted} onClick={() => void shift.close()}>
        <Icon name="close" />
        {t("Close shift {number}", { number })}
      </button>
    </Screen>
  );
}

function Done({ entry, onHome }: { entry: ShiftEntry; onHome(): void }) {
  const fits = entry.counted_fen === entry.expected_fen && entry.counted_slips === entry.expected_slips;
  return (
    <Screen title={t("Shift")} onBack={onHome}>
      <Result kind={fits ? "done" : "waiting"} word={entry.kind === "open" ? t("Shift opened") : t("Shift closed")}>
        <p>{fits ? t("The count agrees.") : t("The count differs. The difference is written down; nobody need hide it.")}</p>
      </Result>
      {entry.refused && <Notice kind="failed">{said(entry.refused.zh, entry.refused.en)}</Notice>}
      <ShiftSlip entry={entry} />
      <PrintButtons />
      <button type="button" class="main below" onClick={onHome}>
        {t("Home")}
      </button>
    </Screen>
  );
}

interface CountProps {
  label: string;
  text: string;
  onText(text: string): void;
}

function Count({ label, text, onText }: CountProps) {
  const press = (key: string): void => {
    if (key === "back") onText(text.slice(0, -1));
    else if (key === "clear") onText("");
    else if (/^\d$/.test(key) && text.length < MOST_DIGITS) onText(text === "0" ? key : text + key);
  };
  return (
    <>
      <output class="amount" aria-label={label} aria-live="polite">
        <span class="label">{label}</span>
        <span class="figure">
          {text || "0"}
          <span class="unit">{t("slips")}</span>
        </span>
      </output>
      <Pad onKey={press} />
    </>
  );
}
