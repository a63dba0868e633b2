// Who could do what on a day, by whose hand, since when.

import { useState } from "preact/hooks";
import { t } from "../../text/t";
import { peopleOn } from "../rules/people";
import type { Report } from "../rules/session";
import { count, day, dayBounds, moment, roleMay, roleName } from "../show";

export function PeopleView({ report }: { report: Report }) {
  const [chosen, choose] = useState(report.to);
  const [first, end] = dayBounds(chosen, report.timezone);
  const rows = peopleOn(report.people, first, end);
  const roles = [...new Set(rows.flatMap((row) => row.roles.map(({ role }) => role)))].sort();
  return (
    <section aria-labelledby="people-title">
      <h1 id="people-title" tabIndex={-1}>
        {t("Who could do what")}
      </h1>
      <p>{t("Names are not in this package; the office can say who stands behind a number.")}</p>
      <label class="field" for="people-day">
        {t("Day")}
        <input id="people-day" type="date" value={day(chosen)} onInput={(event) => choose(dayFrom(event.currentTarget.value) ?? chosen)} />
      </label>
      <div class="table-box">
        <table>
          <caption>{t("On {day}", { day: day(chosen) })}</caption>
          <thead>
            <tr>
              <th scope="col">{t("Staff number")}</th>
              <th scope="col">{t("Roles, by whom, since when")}</th>
              <th scope="col">{t("Resident")}</th>
              <th scope="col" class="n">
                {t("Acts that day")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr>
                <th scope="row">
                  {row.staff}
                  {row.state === "left" && <span class="mark wait">{t("closed now")}</span>}
                  {row.state === "" && <span class="mark bad">{t("not on the list of staff")}</span>}
                </th>
                <td>
                  {row.roles.length === 0 && t("no role")}
                  <ul class="plain">
                    {row.roles.map((held) => (
                      <li>
                        <strong>{roleName(report, held.role)}</strong> · {held.grantedBy === "0" ? t("by a command on the server") : t("by {staff}", { staff: held.grantedBy })} ·{" "}
                        {moment(held.from, report.timezone)}
                        {held.until !== null && <> · {t("until {when}", { when: moment(held.until, report.timezone) })}</>}
                      </li>
                    ))}
                  </ul>
                </td>
                <td>{row.person ?? "–"}</td>
                <td class="n">{count(row.acts)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {roles.map((role) => (
        <details>
          <summary>{t("What the role “{role}” may do", { role: roleName(report, role) })}</summary>
          <ul>
            {roleMay(report, role).map((one) => (
              <li>{one}</li>
            ))}
          </ul>
        </details>
      ))}
    </section>
  );
}

function dayFrom(value: string): number | null {
  const digits = value.replace(/-/g, "");
  return /^\d{8}$/.test(digits) ? Number(digits) : null;
}
