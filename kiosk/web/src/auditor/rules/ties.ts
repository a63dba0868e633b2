// Households and relatives: whether a member of staff and the owner of a wallet belong together.

import type { Book } from "./book";
import { idFact, type Id, listUnder } from "./cells";

/** What ties two together: one household, or a relation that was declared. */
export type Tie = "self" | "household" | "kin";

interface Person {
  staff: Id;
  person: Id | null;
}

/** Looks back as well: a household somebody has left, and a declaration that was ended, still tie. */
export class Ties {
  private readonly personOf = new Map<Id, Id>();
  private readonly homes = new Map<Id, Set<Id>>();
  private readonly relatives = new Map<Id, Id[]>();

  constructor(book: Book, members: readonly Person[]) {
    for (const { staff, person } of members) if (person) this.personOf.set(staff, person);
    for (const { row } of book.table("resident")) this.lives(row["person_id"] ?? "", row["household_id"] ?? "");
    for (const { act, subject, after } of book.acts) {
      if (act !== "resident.register" && act !== "resident.move") continue;
      const home = idFact(after, "household_id");
      if (home) this.lives(subject.split(":")[1] ?? "", home);
    }
    for (const { row } of book.table("kin")) {
      listUnder(this.relatives, row["person_id"] ?? "").push(row["other_person_id"] ?? "");
      listUnder(this.relatives, row["other_person_id"] ?? "").push(row["person_id"] ?? "");
    }
  }

  private lives(person: Id, home: Id): void {
    let homes = this.homes.get(person);
    if (!homes) this.homes.set(person, (homes = new Set()));
    homes.add(home);
  }

  /** Whether the owner (a person or a household) is the staff member's own or a relative's; null where nothing ties them. */
  between(staff: Id, owner: Id): Tie | null {
    const person = this.personOf.get(staff);
    if (!person) return null;
    if (person === owner) return "self";
    const homes = this.homesOf(owner);
    if (this.shareHome(person, homes)) return "household";
    const isKin = (this.relatives.get(person) ?? []).some((relative) => relative === owner || this.shareHome(relative, homes));
    return isKin ? "kin" : null;
  }

  /** The homes of a person; a household is its own. */
  private homesOf(owner: Id): ReadonlySet<Id> {
    return this.homes.get(owner) ?? new Set([owner]);
  }

  private shareHome(person: Id, homes: ReadonlySet<Id>): boolean {
    return [...(this.homes.get(person) ?? [])].some((home) => homes.has(home));
  }
}
