// A refund: the sale by its receipt, how much of it, what comes back, done.

import { useEffect, useState } from "preact/hooks";
import { type Done, figuresOf, findSale, refund } from "../app/desk";
import type { DayLine } from "../device/db";
import type { KnownSale } from "../net/types";
import { refundFigures } from "../rules/offset";
import { readReference } from "../rules/refs";
import { clockText } from "../rules/time";
import { fenOf, hundredths } from "../rules/units";
import { readScan } from "../scan/read";
import { said, t } from "../text/t";
import { Notice, Screen, useTill } from "../ui/frame";
import { Icon } from "../ui/icons";
import { Amount } from "../ui/pad";
import { Figures } from "../ui/result";
import { useScans } from "../ui/scans";
import { Scanner } from "../ui/scanner";
import { play } from "../ui/sound";
import type { Go } from "./app";
import { DoneScreen } from "./done";
import { noServer } from "./enrol";
import { pointsText, yuan } from "./words";

export function RefundScreen({ go, first }: { go: Go; first: string | null }) {
  const [till] = useTill();
  const [sale, setSale] = useState<KnownSale | null>(null);
  const [fault, setFault] = useState("");
  const [done, setDone] = useState<Done | null>(null);
  const home = (): void => go({ at: "home" });

  const find = async (ref: string): Promise<void> => {
    setFault("");
    const answer = await findSale(till, ref);
    if (answer.kind !== "ok") {
      play("failed");
      return setFault(answer.refused ? said(answer.refused.zh, answer.refused.en) : noServer());
    }
    if (answer.value.refunded_fen >= answer.value.total_fen) {
      play("failed");
      return setFault(t("This sale was given back in full already."));
    }
    setSale(answer.value);
  };
  useEffect(() => {
    if (first) void find(first);
  }, []);

  const give = async (fen: number): Promise<void> => {
    if (!sale) return;
    const result = await refund(till, sale, fen);
    if (result.kind === "refused") {
      play("failed");
      setFault(said(result.refused.zh, result.refused.en));
    } else setDone(result);
  };

  if (done) return <DoneScreen done={done} again={t("Home")} onAgain={home} />;
  if (sale) return <HowMuch sale={sale} fault={fault} onGive={give} onBack={() => setSale(null)} />;
  return <WhichSale fault={fault} onRef={(ref) => void find(ref)} onFault={setFault} onBack={home} />;
}

/** The receipt's number in a code of the seal; it is looked up like a typed one, so nothing need be believed here. */
async function refOf(text: string): Promise<string | null> {
  const { readProofCode } = await import("../rules/tlog/proof_code");
  return readReference(readProofCode(text)?.facts["ref"] ?? "")?.ref ?? null;
}

interface WhichProps {
  fault: string;
  onRef(ref: string): void;
  onFault(sentence: string): void;
  onBack(): void;
}

function WhichSale({ fault, onRef, onFault, onBack }: WhichProps) {
  const [till] = useTill();
  const [camera, setCamera] = useState(false);
  const [typed, setTyped] = useState("");
  const take = (text: string): void => {
    void readScan(till, text).then((read) => {
      if (read.kind === "receipt") return onRef(read.ref);
      if (read.kind === "seal") return void refOf(read.text).then((ref) => (ref ? onRef(ref) : refuse()));
      return refuse();
    });
  };
  const refuse = (): void => {
    play("failed");
    onFault(t("This is not a receipt of this community. Scan the code at the foot of the receipt."));
  };
  useScans(take);
  const check = (event: Event): void => {
    event.preventDefault();
    const read = readReference(typed);
    if (read) onRef(read.ref);
    else onFault(t("The receipt number was typed wrongly: its last character does not fit. Type it again."));
  };
  return (
    <Screen title={t("Refund: which sale?")} onBack={onBack}>
      {fault && <Notice kind="failed">{fault}</Notice>}
      {camera ? (
        <Scanner onText={take} />
      ) : (
        <button type="button" class="main" onClick={() => setCamera(true)}>
          <Icon name="scan" />
          {t("Scan the receipt")}
        </button>
      )}
      <SalesOfToday onRef={onRef} />
      <form class="find" onSubmit={check}>
        <label>
          {t("Or type the receipt number")}
          <input
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            placeholder={`${till.view.terminal?.terminal_code ?? ""}-260302-00457-I`}
            autoCapitalize="characters"
            autoComplete="off"
            spellcheck={false}
          />
        </label>
        <button type="submit" disabled={typed === ""}>
          {t("Find")}
        </button>
      </form>
    </Screen>
  );
}

function SalesOfToday({ onRef }: { onRef(ref: string): void }) {
  const [till] = useTill();
  const [lines, setLines] = useState<DayLine[]>([]);
  useEffect(() => {
    void till.store.getAllFromIndex("daybook", "day", till.today()).then(setLines);
  }, []);
  const sales = lines.filter((line) => line.kind === "sale" && line.state === "booked").reverse();
  if (sales.length === 0) return null;
  return (
    <section>
      <h2>{t("Or choose a sale of today")}</h2>
      <ul class="lines">
        {sales.map((line) => (
          <li key={line.ref}>
            <button type="button" onClick={() => onRef(line.ref)}>
              <span>{clockText(line.occurred_at)}</span>
              <strong>{yuan(line.total_fen)}</strong>
              <span class="small">{line.ref}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface HowMuchProps {
  sale: KnownSale;
  fault: string;
  onGive(fen: number): Promise<void>;
  onBack(): void;
}

function HowMuch({ sale, fault, onGive, onBack }: HowMuchProps) {
  const left = sale.total_fen - sale.refunded_fen;
  const [text, setText] = useState(hundredths(left));
  const [part, setPart] = useState(false);
  const [busy, setBusy] = useState(false);
  const fen = fenOf(text);
  const fits = fen > 0 && fen <= left;
  const back = refundFigures(figuresOf(sale), fits ? fen : 0);
  const give = async (): Promise<void> => {
    setBusy(true);
    await onGive(fen);
    setBusy(false);
  };
  return (
    <Screen title={t("Refund: how much?")} onBack={onBack}>
      {!part && <p class="hint">{sale.ref}</p>}
      {fault && <Notice kind="failed">{fault}</Notice>}
      {part && <Amount label={t("At most {yuan}", { yuan: yuan(left) })} text={text} onText={setText} />}
      {part && fen > left && <Notice kind="failed">{t("At most {yuan} of this sale can still be refunded. Type a smaller amount.", { yuan: hundredths(left) })}</Notice>}
      <Figures
        of={[
          { label: t("Give back in yuan"), value: yuan(back.cashFen), strong: !part },
          { label: t("Points returned"), value: pointsText(back.offsetUnits) },
        ]}
      />
      <button type="button" class="main" disabled={!fits || busy} onClick={() => void give()}>
        <Icon name="refund" />
        {fen === left ? t("Give everything back: {yuan}", { yuan: yuan(fen) }) : t("Give back {yuan}", { yuan: yuan(fen) })}
      </button>
      {!part && (
        <button type="button" class="below" onClick={() => { setText(""); setPart(true); }}>
          {t("Only a part")}
        </button>
      )}
    </Screen>
  );
}
