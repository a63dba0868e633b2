// Where all points and all yuan are, reckoned from the transfers alone.

import { t } from "../../text/t";
import { normalSum } from "../rules/balances";
import type { Report } from "../rules/session";
import { count, day, kindName, points, pointsName, postingName, yuan } from "../show";

export function FiguresView({ report }: { report: Report }) {
  const cny = report.balances.kinds.filter(({ commodity }) => commodity === 156);
  return (
    <section aria-labelledby="figures-title">
      <h1 id="figures-title" tabIndex={-1}>
        {t("Figures")}
      </h1>
      <p>{t("All of it is reckoned from transfer.csv; the book's own sums are held against it.")}</p>
      {report.balances.identities.map(({ commodity, issued, places }) => (
        <div class="table-box">
          <table>
            <caption>
              {pointsName(report, commodity)}: {t("issued, and where it is")}
            </caption>
            <tbody>
              <tr class="total">
                <th scope="row">{t("issued, less what was taken back")}</th>
                <td class="n">{points(report, commodity, issued)}</td>
              </tr>
              {places.map(({ kind, sum, accounts }) => (
                <tr>
                  <th scope="row">
                    {kindName(kind)} <small>{t("{n} accounts", { n: count(accounts) })}</small>
                  </th>
                  <td class="n">{points(report, commodity, sum)}</td>
                </tr>
              ))}
              <tr class="total">
                <th scope="row">{t("together")}</th>
                <td class="n">{points(report, commodity, places.reduce((all, { sum }) => all + sum, 0))}</td>
              </tr>
            </tbody>
          </table>
        </div>
      ))}
      <div class="table-box">
        <table>
          <caption>{t("Yuan")}</caption>
          <tbody>
            {cny.map(({ kind, sum, accounts }) => (
              <tr>
                <th scope="row">
                  {kindName(kind)} <small>{t("{n} accounts", { n: count(accounts) })}</small>
                </th>
                <td class="n">{yuan(normalSum(kind, sum))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div class="table-box">
        <table>
          <caption>{t("Entries of these days")}</caption>
          <tbody>
            {report.kinds.map(([kind, n]) => (
              <tr>
                <th scope="row">
                  {postingName(kind)} <code>{kind}</code>
                </th>
                <td class="n">{count(n)}</td>
              </tr>
            ))}
            <tr class="total">
              <th scope="row">{t("nights settled, the last one")}</th>
              <td class="n">
                {count(report.nights.runs)} · {day(report.nights.lastDay)}
              </td>
            </tr>
            <tr>
              <th scope="row">{t("bookings at shops, and claims for them")}</th>
              <td class="n">
                {count(report.nights.offsets)} · {count(report.nights.claims)}
              </td>
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  );
}
