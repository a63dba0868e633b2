// Every finding with its file and row, gathered by what it is.

import { t } from "../../text/t";
import { type Finding, MOST_OF_A_KIND } from "../rules/findings";
import type { Report } from "../rules/session";
import { count, findingText, findingTitle } from "../show";

export function FindingsView({ report }: { report: Report }) {
  const groups = report.counts
    .map(([code, n]) => ({ code, n, list: report.findings.filter((one) => one.code === code) }))
    .sort((one, other) => rank(one.list) - rank(other.list) || other.n - one.n);
  return (
    <section aria-labelledby="findings-title">
      <h1 id="findings-title" tabIndex={-1}>
        {t("Findings")}
      </h1>
      {groups.length === 0 && <p class="notice good">{t("Nothing was found.")}</p>}
      {groups.map(({ code, n, list }) => (
        <section class="group">
          <h2>
            <span class={`mark ${list[0]?.level === "look" ? "wait" : "bad"}`}>{list[0]?.level === "look" ? t("to ask about") : t("fault")}</span> {findingTitle(code)} · {count(n)}
          </h2>
          <div class="table-box">
            <table>
              <thead>
                <tr>
                  <th scope="col">{t("File")}</th>
                  <th scope="col" class="n">
                    {t("Row")}
                  </th>
                  <th scope="col">{t("What")}</th>
                </tr>
              </thead>
              <tbody>
                {list.map((finding) => (
                  <tr data-code={finding.code} data-file={finding.file} data-row={finding.row ?? ""}>
                    <td>{finding.file}</td>
                    <td class="n">{finding.row ?? "–"}</td>
                    <td>{findingText(report, finding)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {n > MOST_OF_A_KIND && <p>{t("The first {n} are listed.", { n: MOST_OF_A_KIND })}</p>}
        </section>
      ))}
      <p class="soft">{t("Rows are counted as a spreadsheet does: the line of column names is row 1.")}</p>
    </section>
  );
}

const rank = (list: readonly Finding[]): number => (list[0]?.level === "look" ? 1 : 0);
