// The page: opens a package, checks it, and shows one view at a time.

import { sha256 } from "@noble/hashes/sha2.js";
import { useEffect, useRef, useState } from "preact/hooks";
import { hex } from "../rules/tlog/base64";
import { type Language, language, mark, t, useLanguage } from "../text/t";
import { CheckFault, Engine } from "./engine";
import type { Comparison } from "./rules/kept";
import type { Progress, Report } from "./rules/session";
import { Choose } from "./screens/choose";
import { FiguresView } from "./screens/figures";
import { FindingsView } from "./screens/findings";
import { KeptView } from "./screens/kept";
import { Open } from "./screens/open";
import { PeopleView } from "./screens/people";
import { Working } from "./screens/progress";
import { ReceiptView } from "./screens/receipt";
import { Verdict } from "./screens/verdict";
import { count } from "./show";
import { FAILURE, FAILURES } from "./words";

const VIEWS = {
  verdict: mark("Verdict"),
  findings: mark("Findings"),
  kept: mark("Kept from before"),
  figures: mark("Figures"),
  people: mark("Who could do what"),
  receipt: mark("Check a receipt"),
} as const;
type View = keyof typeof VIEWS;

export function App({ embedded }: { embedded: () => Promise<Uint8Array<ArrayBuffer> | null> }) {
  const engine = useRef(new Engine());
  const [lang, setLang] = useState<Language>(language());
  const [phase, setPhase] = useState<"empty" | "checking" | "done">("empty");
  const [progress, setProgress] = useState<Progress | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const [comparisons, setComparisons] = useState<readonly Comparison[]>([]);
  const [view, setView] = useState<View>("verdict");
  const [fault, setFault] = useState("");
  const [pageSha256, setPageSha256] = useState("");

  const check = async (zip: Uint8Array<ArrayBuffer>): Promise<void> => {
    setPhase("checking");
    setProgress(null);
    setFault("");
    setComparisons([]);
    try {
      setReport(await engine.current.check(zip, setProgress));
      setPhase("done");
      setView("verdict");
    } catch (error) {
      if (!(error instanceof CheckFault)) throw error;
      const said = FAILURES[error.code] ?? FAILURE;
      setFault(t(said, { detail: error.detail }));
      setPhase("empty");
    }
  };
  useEffect(() => {
    void embedded().then((zip) => zip && check(zip));
  }, []);
  // Whoever cannot see the page hears where they are.
  useEffect(() => {
    document.querySelector<HTMLElement>("main h1")?.focus();
  }, [view, phase]);

  const switchTo = lang === "zh" ? "en" : "zh";
  return (
    <div>
      <header>
        <p class="name">{t("Points book, checked without the office")}</p>
        <button
          type="button"
          lang={switchTo === "en" ? "en" : "zh-CN"}
          onClick={() => {
            useLanguage(switchTo);
            document.title = t("Points book, checked without the office");
            setLang(switchTo);
          }}
        >
          {switchTo === "en" ? "English" : "\u4e2d\u6587"}
        </button>
        {phase === "done" && (
          <label class="button">
            {t("Check another package")}
            <Choose accept=".zip,application/zip" onFile={(file) => void bytesOf(file).then(check)} />
          </label>
        )}
      </header>
      {phase === "done" && report && (
        <nav aria-label={t("Parts of the check")}>
          {(Object.keys(VIEWS) as View[]).map((name) => (
            <button type="button" aria-current={view === name ? "page" : undefined} onClick={() => setView(name)}>
              {t(VIEWS[name])}
              {name === "findings" && report.faults + report.looks > 0 && <> · {count(report.faults + report.looks)}</>}
            </button>
          ))}
        </nav>
      )}
      <main>
        {phase === "empty" && <Open fault={fault} onFile={(file) => void bytesOf(file).then(check)} />}
        {phase === "checking" && <Working progress={progress} />}
        {phase === "done" && report && (
          <Shown
            view={view}
            report={report}
            engine={engine.current}
            comparisons={comparisons}
            onCompared={(one) => setComparisons([...comparisons, one])}
            pageSha256={pageSha256}
            onPage={(file) => void bytesOf(file).then((bytes) => setPageSha256(hex(sha256(bytes))))}
          />
        )}
      </main>
    </div>
  );
}

interface ShownProps {
  view: View;
  report: Report;
  engine: Engine;
  comparisons: readonly Comparison[];
  onCompared: (comparison: Comparison) => void;
  pageSha256: string;
  onPage: (file: File) => void;
}

function Shown({ view, ...rest }: ShownProps) {
  switch (view) {
    case "verdict":
      return <Verdict {...rest} />;
    case "findings":
      return <FindingsView report={rest.report} />;
    case "kept":
      return <KeptView {...rest} />;
    case "figures":
      return <FiguresView report={rest.report} />;
    case "people":
      return <PeopleView report={rest.report} />;
    case "receipt":
      return <ReceiptView report={rest.report} engine={rest.engine} />;
  }
}

/** A chosen file as bytes; File.arrayBuffer is there from Chromium 76 on. */
async function bytesOf(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.arrayBuffer());
}
