// One page to sign: what was checked, what came out, and by which root and hashes anybody can tell that it was this book.

import { encode } from "uqr";
import { t } from "../../text/t";
import { compareWords, outcomeOf } from "../judgement";
import { boardCode } from "../rules/board";
import type { Comparison } from "../rules/kept";
import type { Report } from "../rules/session";
import { count, day, findingText, findingTitle, inGroups, kindName, moment, points, pointsName, yuan } from "../show";
import { Icon } from "../../ui/icons";
import { Choose } from "./choose";

const MOST = 12;

interface Props {
  report: Report;
  comparisons: readonly Comparison[];
  pageSha256: string;
  onPage: (file: File) => void;
}

export function Verdict({ report, comparisons, pageSha256, onPage }: Props) {
  const outcome = outcomeOf(report, comparisons);
  return (
    <section aria-labelledby="verdict-title" class="verdict" data-tone={outcome.tone} data-sha256={report.dataSha256}>
      <div class={`banner ${outcome.tone}`}>
        <Icon name={outcome.tone === "good" ? "done" : outcome.tone === "wait" ? "warning" : "failed"} />
        <div>
          <h1 id="verdict-title" tabIndex={-1}>
            {outcome.title}
          </h1>
          <p>{outcome.text}</p>
        </div>
      </div>
      <Facts report={report} />
      <Compared report={report} comparisons={comparisons} />
      <Figures report={report} />
      <Worst report={report} />
      <Hashes report={report} pageSha256={pageSha256} onPage={onPage} />
      <Signing report={report} />
    </section>
  );
}

function Facts({ report }: { report: Report }) {
  const { chain } = report;
  return (
    <dl class="facts">
      <dt>{t("Community")}</dt>
      <dd>
        {report.name} {report.issuer}
      </dd>
      <dt>{t("Days asked about")}</dt>
      <dd>
        {day(report.from)} {t("to")} {day(report.to)}
      </dd>
      <dt>{t("Written")}</dt>
      <dd>{moment(report.exportedAt, report.timezone)}</dd>
      <dt>{t("Entries in the order")}</dt>
      <dd>
        {count(chain.size)}
        {chain.waiting > 0 && <> · {t("{n} written last and not yet in the order", { n: chain.waiting })}</>}
      </dd>
      <dt>{t("Signature on the root")}</dt>
      <dd>{signatureWords(report)}</dd>
    </dl>
  );
}

function signatureWords(report: Report): string {
  const { chain } = report;
  if (chain.isSigned === "none") return t("not signed");
  if (chain.isSigned === "no") return t("wrong: what was signed is not this book");
  const key = chain.signer?.split("+").slice(0, 2).join("+") ?? "";
  const right = t("right, by the key {key}", { key });
  const until = t("up to entry {n}", { n: count(chain.signedSize) });
  return chain.signedSize === chain.size ? right : `${right} · ${until}`;
}

function Compared({ report, comparisons }: { report: Report; comparisons: readonly Comparison[] }) {
  if (comparisons.length === 0) {
    return (
      <p class="notice wait">
        {t("Not compared with anything kept from before. The book agrees with itself; only what somebody kept outside the office can show that it was not written anew as a whole.")}
      </p>
    );
  }
  return (
    <ul class="plain">
      {comparisons.map((one) => {
        const said = compareWords(one, report);
        return (
          <li class={`notice ${said.tone}`}>
            <strong>{said.title}</strong> {said.text}
          </li>
        );
      })}
    </ul>
  );
}

function Figures({ report }: { report: Report }) {
  const issued = report.flows.filter(({ commodity, from }) => commodity !== 156 && from.startsWith("issued"));
  const offsets = report.flows.filter(({ from, to }) => from === "wallet" && to === "offset");
  const settled = report.flows.filter(({ from, to }) => from === "cover" && to === "payable").reduce((sum, { amount }) => sum + amount, 0);
  return (
    <div class="table-box">
      <table>
        <caption>{t("In these days")}</caption>
        <tbody>
          {issued.map(({ commodity, from, to, amount }) => (
            <tr>
              <th scope="row">
                {pointsName(report, commodity)}: {kindName(from)} → {kindName(to)}
              </th>
              <td class="n">{points(report, commodity, amount)}</td>
            </tr>
          ))}
          {offsets.map(({ commodity, amount }) => (
            <tr>
              <th scope="row">
                {pointsName(report, commodity)}: {t("taken off bills at shops")}
              </th>
              <td class="n">{points(report, commodity, amount)}</td>
            </tr>
          ))}
          <Row name={t("Settled with shops, yuan")} value={yuan(settled)} />
          <Row name={t("Statements, and owed by them, yuan")} value={`${count(report.statements.count)} · ${yuan(report.statements.payableFen)}`} />
          <Row name={t("Payouts confirmed by the bank, yuan")} value={`${count(report.payouts.count)} · ${yuan(report.payouts.confirmedFen)}`} />
        </tbody>
      </table>
    </div>
  );
}

const Row = ({ name, value }: { name: string; value: string }) => (
  <tr>
    <th scope="row">{name}</th>
    <td class="n">{value}</td>
  </tr>
);

function Worst({ report }: { report: Report }) {
  if (report.findings.length === 0) return <p class="notice good">{t("Nothing was found.")}</p>;
  const first = [...report.findings].sort((one, other) => (one.level === other.level ? 0 : one.level === "fault" ? -1 : 1)).slice(0, MOST);
  return (
    <div>
      <h2>{t("Found")}</h2>
      <ul>
        {report.counts.map(([code, n]) => (
          <li>
            {findingTitle(code)}: {count(n)}
          </li>
        ))}
      </ul>
      <ol class="first">
        {first.map((finding) => (
          <li>
            <span class="where">
              {finding.file}
              {finding.row !== null && <> · {t("row {n}", { n: finding.row })}</>}
            </span>{" "}
            {findingText(report, finding)}
          </li>
        ))}
      </ol>
      {report.faults + report.looks > first.length && <p>{t("The whole list is under “Findings”.")}</p>}
    </div>
  );
}

function Hashes({ report, pageSha256, onPage }: { report: Report; pageSha256: string; onPage: (file: File) => void }) {
  return (
    <dl class="facts hashes">
      <dt>{t("Root over all entries")}</dt>
      <dd>
        <code>{inGroups(report.chain.root)}</code>
      </dd>
      <dt>{t("SHA-256 of the data checked")}</dt>
      <dd>
        <code>{inGroups(report.dataSha256)}</code>
      </dd>
      <dt>{t("SHA-256 of this page's file")}</dt>
      <dd>
        {pageSha256 ? (
          <code>{inGroups(pageSha256)}</code>
        ) : (
          <label class="noprint inline-file">
            {t("Choose this page's file to print its SHA-256 here")}
            <Choose accept=".html,text/html" onFile={onPage} />
          </label>
        )}
      </dd>
    </dl>
  );
}

function Signing({ report }: { report: Report }) {
  const code = report.chain.isSigned === "yes" ? boardCode(report.issuer, report.chain.note) : null;
  return (
    <div class="signing">
      {code && (
        <figure>
          <Qr text={code} />
          <figcaption>{t("Keep this sheet: the code is the signed root. Scan it next time.")}</figcaption>
        </figure>
      )}
      <div>
        <p class="line">{t("Checked by")}</p>
        <p class="line">{t("Date")}</p>
        <button type="button" class="main noprint" onClick={() => window.print()}>
          <Icon name="print" /> {t("Print this page")}
        </button>
      </div>
    </div>
  );
}

function Qr({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  let path = "";
  data.forEach((row, y) => row.forEach((isDark, x) => isDark && (path += `M${x} ${y}h1v1h-1z`)));
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={t("Code of the signed root")} shape-rendering="crispEdges">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} />
    </svg>
  );
}
