// An export inside a ZIP: its manifest, its tables row by row, and whether each file is still what the manifest says.

import { sha256 } from "@noble/hashes/sha2.js";
import { hex } from "../../rules/tlog/base64";
import { type Cell, CsvFault, csvRows } from "./csv";
import type { Findings } from "./findings";
import { readZip, unpack, unpackWhole, type ZipEntry, ZipFault } from "./zip";

export const FORMAT = "jifen-export/1";
/** The export inside a kit. */
const EXPORT = "export.zip";

export interface FileEntry {
  sha256: string;
  rows: number;
  columns: string[];
  kinds?: string[];
}

export interface Manifest {
  format: string;
  community: string;
  issuer: string;
  timezone: string;
  /** First and last business date of any posting, yyyymmdd. */
  from: number;
  to: number;
  /** Microseconds since 1970 UTC. */
  exportedAt: number;
  size: number;
  root: string | null;
  checkpoint: string | null;
  keys: string[];
  /** Notes by which each key named the next. */
  handovers: string[];
  files: Record<string, FileEntry>;
}

/** What the kit adds to the export: the days asked about, the words for roles. It is not believed, only shown. */
export interface About {
  from: number;
  to: number;
  name: string;
  madeAt: number;
  roles: Record<string, { zh: string; en: string; may: string[] }>;
  permissions: Record<string, { zh: string; en: string }>;
  /** Kinds of points by their number. */
  points: Record<string, { name: string; decimals: number }>;
}

/** A row by its columns; numbers stay decimal text, since ids pass 2^53. */
export type Row = Readonly<Record<string, Cell>>;

/** A row and where it stands, as a spreadsheet counts. */
export interface Placed {
  row: Row;
  at: number;
}

/** Why a file cannot be checked at all. */
export class PackFault extends Error {
  constructor(
    readonly code: "no_zip" | "no_export" | "other_format" | "broken",
    readonly detail = "",
  ) {
    super(code);
  }
}

/** An opened kit or export. */
export class Pack {
  readonly manifest: Manifest;
  readonly about: About | null;
  /** SHA-256 of the manifest, which names the SHA-256 of every file. */
  readonly manifestSha256: string;
  private readonly entries: Map<string, ZipEntry>;
  private readonly tried = new Set<string>();
  /** Bytes unpacked so far; what is still to come follows from the manifest's files. */
  bytesRead = 0;
  readonly bytesInAll: number;

  /** The bytes of the export itself, also where they lay inside a kit. */
  readonly data: Uint8Array;

  constructor(
    zip: Uint8Array,
    private readonly findings: Findings,
  ) {
    const outer = list(zip);
    const about = outer.find(({ name }) => name === "kit.json");
    this.about = about ? (JSON.parse(new TextDecoder().decode(wholeOf(about))) as About) : null;
    const inner = outer.find(({ name }) => name === EXPORT);
    this.data = inner ? wholeOf(inner) : zip;
    const all = inner ? list(this.data) : outer;
    const found = all.filter(({ name }) => /(^|\/)manifest\.json$/.test(name)).sort((a, b) => a.name.length - b.name.length)[0];
    if (!found) throw new PackFault("no_export");
    const folder = found.name.slice(0, -"manifest.json".length);
    this.entries = new Map(all.filter(({ name }) => name.startsWith(folder)).map((entry) => [entry.name.slice(folder.length), entry]));
    const bytes = wholeOf(found);
    this.manifestSha256 = hex(sha256(bytes));
    this.manifest = readManifest(bytes);
    this.bytesInAll = Object.keys(this.manifest.files).reduce((sum, name) => sum + (this.entries.get(name)?.size ?? 0), 0);
  }

  has(table: string): boolean {
    return this.manifest.files[`${table}.csv`] !== undefined;
  }

  /**
   * The rows of a table. Once it is read to its end, its digest and number of rows are held against the manifest. A table
   * that cannot be read is a finding and gives the rows before the fault.
   */
  *rows(table: string): Generator<Placed> {
    const file = `${table}.csv`;
    const wanted = this.manifest.files[file];
    const entry = this.entries.get(file);
    if (!wanted || !entry) {
      if (!this.tried.has(file)) this.findings.fault("file_missing", file, null);
      this.tried.add(file);
      return;
    }
    const isFirst = !this.tried.has(file);
    this.tried.add(file);
    const digest = sha256.create();
    let count = 0;
    try {
      const cells = csvRows(this.counted(entry, digest, isFirst));
      const columns = (cells.next().value as Cell[] | undefined) ?? [];
      for (const row of cells) {
        if (row.length !== columns.length) throw new CsvFault("cells", count + 2);
        count += 1;
        yield { row: toRow(columns, row), at: count + 1 };
      }
    } catch (error) {
      if (!(error instanceof CsvFault || error instanceof ZipFault)) throw error;
      const row = error instanceof CsvFault ? error.row : null;
      if (isFirst) this.findings.fault("file_broken", file, row, { why: error.message });
      return;
    }
    if (!isFirst) return;
    if (hex(digest.digest()) !== wanted.sha256) this.findings.fault("file_changed", file, null);
    if (count !== wanted.rows) this.findings.fault("rows_other", file, null, { wanted: wanted.rows, found: count });
  }

  private *counted(entry: ZipEntry, digest: { update(piece: Uint8Array): unknown }, isFirst: boolean): Generator<Uint8Array> {
    for (const piece of unpack(entry)) {
      if (isFirst) {
        digest.update(piece);
        this.bytesRead += piece.length;
      }
      yield piece;
    }
  }

  /** Tables nobody read yet, so that a changed byte is found in every file. */
  *unread(): Generator<string> {
    for (const name of Object.keys(this.manifest.files)) {
      if (!this.tried.has(name) && name.endsWith(".csv")) yield name.slice(0, -".csv".length);
    }
  }
}

function toRow(columns: readonly Cell[], cells: readonly Cell[]): Row {
  const row: Record<string, Cell> = {};
  for (let n = 0; n < columns.length; n += 1) row[columns[n] as string] = cells[n] as Cell;
  return row;
}

function list(zip: Uint8Array): ZipEntry[] {
  try {
    return readZip(zip);
  } catch (error) {
    if (error instanceof ZipFault) throw new PackFault("no_zip", error.message);
    throw error;
  }
}

function wholeOf(entry: ZipEntry): Uint8Array {
  try {
    return unpackWhole(entry);
  } catch (error) {
    if (error instanceof ZipFault) throw new PackFault("broken", entry.name);
    throw error;
  }
}

function readManifest(bytes: Uint8Array): Manifest {
  let read: Record<string, unknown>;
  try {
    read = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
  } catch {
    throw new PackFault("broken", "manifest.json");
  }
  if (read["format"] !== FORMAT) throw new PackFault("other_format", String(read["format"]));
  const files = (read["files"] ?? {}) as Record<string, FileEntry>;
  if (!Object.keys(files).some((name) => name.endsWith(".csv"))) throw new PackFault("other_format", "parquet");
  const text = (name: string): string | null => (typeof read[name] === "string" ? (read[name] as string) : null);
  const texts = (name: string): string[] => (Array.isArray(read[name]) ? (read[name] as unknown[]).map(String) : []);
  return {
    format: FORMAT,
    community: String(read["community"]),
    issuer: String(read["issuer"]),
    timezone: text("timezone") ?? "Asia/Shanghai",
    from: Number(read["from"]),
    to: Number(read["to"]),
    exportedAt: Number(read["exported_at"]),
    size: Number(read["size"]),
    root: text("root"),
    checkpoint: text("checkpoint"),
    keys: texts("keys"),
    handovers: texts("handovers"),
    files,
  };
}
