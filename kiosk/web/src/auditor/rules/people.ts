// Who could do what on any day, who granted it, and whether anybody decided about themselves or their own.

import type { Book } from "./book";
import { factsOf, type Id, listUnder } from "./cells";
import type { Findings } from "./findings";
import type { About } from "./pack";
import { Ties } from "./ties";

const ROLES = "staff_role.csv";
const APPROVAL = "approval.csv";
const AUDIT = "audit.csv";

/** A role somebody held: from when, by whose hand, until when. Times in microseconds UTC. */
export interface Held {
  staff: Id;
  role: string;
  from: number;
  grantedBy: Id;
  until: number | null;
  revokedBy: Id | null;
  at: number;
}

export interface Member {
  staff: Id;
  state: string;
  person: Id | null;
  merchant: Id | null;
  /** Since when the sign-in exists. */
  from: number;
}

export interface People {
  members: Member[];
  held: Held[];
  /** Acts of staff: time, who; to count a day's. */
  acts: { time: number; staff: Id; act: string }[];
}

/** Permissions by which somebody decides what another proposed. */
const DECIDING = new Set(["payout.approve", "grant.approve", "discrepancy.decide"]);
/** Where the kit carries no table of roles: the roles that decide, as this page knows them. */
const DECIDING_ROLES = new Set(["secretary", "committee", "accountant"]);

/** Reads staff and roles and flags what a person has to ask about. */
export function checkPeople(book: Book, about: About | null, findings: Findings): People {
  const people = readPeople(book);
  checkGrants(book, people.held, findings);
  const check = new Deciders(book, people, about, findings);
  check.approvals();
  check.payouts();
  check.discrepancies();
  checkCredits(book, people.members, findings);
  return people;
}

function readPeople(book: Book): People {
  const members = book.table("staff").map(({ row }) => ({
    staff: row["staff_id"] ?? "",
    state: row["state"] ?? "",
    person: row["person_id"] ?? null,
    merchant: row["merchant_id"] ?? null,
    from: Number(row["made_at"]),
  }));
  const held = book.table("staff_role").map(({ row, at }) => ({
    staff: row["staff_id"] ?? "",
    role: row["role"] ?? "",
    from: Number(row["granted_at"]),
    grantedBy: row["granted_by"] ?? "",
    until: row["revoked_at"] ? Number(row["revoked_at"]) : null,
    revokedBy: row["revoked_by"] ?? null,
    at,
  }));
  const acts = book.acts.filter(({ actorKind }) => actorKind === "staff").map(({ time, actor, act }) => ({ time, staff: actor, act }));
  return { members, held, acts };
}

/** A role was given by a sealed act of another person; each act of giving or taking has its row. */
function checkGrants(book: Book, held: readonly Held[], findings: Findings): void {
  const used = new Set<Id>();
  const find = (name: string, staff: Id, time: number, by: Id, role: string): boolean => {
    const act = book.actsOn(`staff:${staff}`).find((one) => {
      const isSame = one.act === name && one.time === time && one.actor === by && !used.has(one.id);
      return isSame && (one.isErased || factsOf(one.after)["role"] === role);
    });
    if (act) used.add(act.id);
    return act !== undefined;
  };
  for (const { staff, role, from, grantedBy, until, revokedBy, at } of held) {
    const facts = { staff, role, by: grantedBy };
    if (grantedBy === staff) findings.fault("role_self", ROLES, at, facts);
    if (!find("role.give", staff, from, grantedBy, role)) findings.fault("role_no_act", ROLES, at, facts);
    if (until !== null && !find("role.take", staff, until, revokedBy ?? "", role)) findings.fault("role_no_end", ROLES, at, facts);
  }
  for (const { id, act, subject, at, after } of book.acts) {
    if ((act === "role.give" || act === "role.take") && !used.has(id)) {
      findings.fault("role_row_missing", AUDIT, at, { act, subject, role: String(factsOf(after)["role"] ?? "") });
    }
  }
}

class Deciders {
  private readonly heldBy = new Map<Id, Held[]>();
  private readonly ties: Ties;
  private readonly deciding: ReadonlySet<string>;

  constructor(
    private readonly book: Book,
    people: People,
    about: About | null,
    private readonly findings: Findings,
  ) {
    for (const one of people.held) listUnder(this.heldBy, one.staff).push(one);
    this.ties = new Ties(book, people.members);
    const roles = Object.entries(about?.roles ?? {});
    this.deciding = roles.length === 0 ? DECIDING_ROLES : new Set(roles.filter(([, { may }]) => may.some((one) => DECIDING.has(one))).map(([role]) => role));
  }

  approvals(): void {
    for (const { row, at } of this.book.table("approval")) {
      const subject = row["subject"] ?? "";
      const what = `${row["kind"] ?? ""} ${subject}`;
      this.ofOne(APPROVAL, at, what, row["proposed_by"] ?? null, row["decided_by"] ?? null, row["decided_at"] ?? null);
      for (const staff of [row["proposed_by"], row["decided_by"]]) this.ownSubject(at, what, subject, staff ?? null);
      const said = { staff: row["decided_by"] ?? "", what };
      if (row["decided_by"] && !this.hasAct(`${row["kind"] ?? ""}.${row["state"] ?? ""}`, subject, row["decided_by"], row["decided_at"] ?? "")) {
        this.findings.fault("approval_no_act", APPROVAL, at, said);
      }
    }
  }

  private hasAct(name: string, subject: string, by: Id, time: string): boolean {
    return this.book.actsOn(subject).some((one) => one.act === name && one.actor === by && String(one.time) === time);
  }

  payouts(): void {
    for (const { row, at } of this.book.table("payout")) {
      this.ofOne("payout.csv", at, `payout:${row["payout_id"] ?? ""}`, row["proposed_by"] ?? null, row["approved_by"] ?? null, row["approved_at"] ?? null);
    }
  }

  discrepancies(): void {
    for (const { row, at } of this.book.table("discrepancy")) {
      const what = `discrepancy:${row["discrepancy_no"] ?? ""}`;
      this.ofOne("discrepancy.csv", at, what, row["decided_by"] ?? null, row["approved_by"] ?? null, row["decided_at"] ?? null);
    }
  }

  /** One thing proposed by one and decided by another. */
  private ofOne(file: string, at: number, what: string, proposer: Id | null, decider: Id | null, time: string | null): void {
    if (!decider || decider === "0") return;
    const facts = { what, staff: decider, by: proposer ?? "" };
    // payout.csv says so itself, among the checks of payouts.
    if (decider === proposer && file !== "payout.csv") this.findings.fault("same_person", file, at, facts);
    const moment = Number(time);
    const roles = (this.heldBy.get(decider) ?? []).filter(({ role, from, until }) => this.deciding.has(role) && from <= moment && (until === null || moment <= until));
    if (roles.length === 0) this.findings.fault("decided_without_role", file, at, facts);
    else if (roles.every(({ grantedBy }) => grantedBy === decider)) this.findings.fault("approver_granted_himself", file, at, facts);
    else if (roles.every(({ grantedBy }) => grantedBy === decider || grantedBy === proposer)) this.findings.fault("approver_granted_by_proposer", file, at, facts);
  }

  private ownSubject(at: number, what: string, subject: string, staff: Id | null): void {
    const [kind, id = ""] = subject.split(":");
    if (!staff || (kind !== "person" && kind !== "household" && kind !== "resident")) return;
    const tie = this.ties.between(staff, id);
    if (tie) this.findings.fault("decided_for_own", APPROVAL, at, { what, staff, tie });
  }
}

/** Points given by hand to the household of whoever gave them, or to a relative's; and a shop owner's own purchases. */
function checkCredits(book: Book, members: readonly Member[], findings: Findings): void {
  const ties = new Ties(book, members);
  for (const posting of book.postings.values()) {
    if (!posting.staff || posting.staff === "0") continue;
    for (const line of posting.lines) {
      const from = book.accounts.get(line.debit);
      const to = book.accounts.get(line.credit);
      if (to?.kind !== "wallet" || !(from?.kind === "issued_deed" || from?.kind === "issued_grant")) continue;
      const tie = ties.between(posting.staff, to.owner);
      if (tie) findings.fault("credit_to_own", "txn.csv", posting.at, { staff: posting.staff, owner: to.owner, units: line.amount, tie, id: posting.id });
    }
  }
}

/** Who held which role at any time of a day, and who had a sign-in. */
export interface DayRow {
  staff: Id;
  state: string;
  person: Id | null;
  roles: Held[];
  acts: number;
}

/** The table for a day [first, end) in microseconds. */
export function peopleOn(people: People, first: number, end: number): DayRow[] {
  const counts = new Map<Id, number>();
  for (const { time, staff } of people.acts) if (time >= first && time < end) counts.set(staff, (counts.get(staff) ?? 0) + 1);
  const held = new Map<Id, Held[]>();
  for (const one of people.held) if (one.from < end && (one.until === null || one.until >= first)) listUnder(held, one.staff).push(one);
  const known = people.members.filter(({ from, staff, merchant }) => (from < end || held.has(staff)) && merchant === null);
  const ids = new Set(known.map(({ staff }) => staff));
  const strangers = [...new Set([...held.keys(), ...counts.keys()])].filter((staff) => !ids.has(staff) && !people.members.some((one) => one.staff === staff));
  const rows = known.map(({ staff, state, person }) => ({ staff, state, person, roles: held.get(staff) ?? [], acts: counts.get(staff) ?? 0 }));
  return [...rows, ...strangers.map((staff) => ({ staff, state: "", person: null, roles: held.get(staff) ?? [], acts: counts.get(staff) ?? 0 }))];
}
