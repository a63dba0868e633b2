// What the check found: each finding by its code, with the file and the row it is about.

/** `fault`: the book, the claims or the papers do not fit together. `look`: allowed by the figures, but a person has to ask. */
export type Level = "fault" | "look";

export interface Finding {
  code: string;
  level: Level;
  /** The file of the export, without its folder; '' where it is about the whole. */
  file: string;
  /** The row as a spreadsheet counts, the line of names being 1; null where no row is meant. */
  row: number | null;
  facts: Readonly<Record<string, string | number>>;
}

/** Findings kept word for word for each code; the rest are counted. A broken file would else name every one of its rows. */
export const MOST_OF_A_KIND = 200;

export class Findings {
  readonly list: Finding[] = [];
  readonly counts = new Map<string, number>();
  faults = 0;
  looks = 0;

  fault(code: string, file: string, row: number | null, facts: Finding["facts"] = {}): void {
    this.faults += 1;
    this.add({ code, level: "fault", file, row, facts });
  }

  look(code: string, file: string, row: number | null, facts: Finding["facts"] = {}): void {
    this.looks += 1;
    this.add({ code, level: "look", file, row, facts });
  }

  private add(finding: Finding): void {
    const before = this.counts.get(finding.code) ?? 0;
    this.counts.set(finding.code, before + 1);
    if (before < MOST_OF_A_KIND) this.list.push(finding);
  }
}
