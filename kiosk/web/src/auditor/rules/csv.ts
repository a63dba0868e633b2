// CSV as RFC 4180 has it, in one pass over pieces of a file. Nothing between two commas is null, "" is an empty text.

export type Cell = string | null;

/** Why a file is not the CSV it should be; `row` as a spreadsheet counts. */
export class CsvFault extends Error {
  constructor(
    readonly why: "not_utf8" | "quotes" | "cells" | "no_end",
    readonly row: number,
  ) {
    super(`${why} in row ${row}`);
  }
}

/** The rows of a file with the line of names first. Throws a CsvFault. */
export function* csvRows(pieces: Iterable<Uint8Array>): Generator<Cell[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = "";
  let row = 1;
  const decode = (piece?: Uint8Array): string => {
    try {
      return piece ? decoder.decode(piece, { stream: true }) : decoder.decode();
    } catch {
      throw new CsvFault("not_utf8", row);
    }
  };
  for (const piece of pieces) {
    rest += decode(piece);
    let start = 0;
    let quote = rest.indexOf('"');
    for (;;) {
      const plainEnd = rest.indexOf("\n", start);
      if (plainEnd < 0) break;
      if (quote >= 0 && quote < start) quote = rest.indexOf('"', start);
      if (quote < 0 || quote > plainEnd) {
        yield plainCells(rest.slice(start, plainEnd));
        start = plainEnd + 1;
      } else {
        const end = endOfRow(rest, start);
        if (end < 0) break;
        yield quotedCells(rest.slice(start, end), row);
        start = end + 1;
      }
      row += 1;
    }
    rest = rest.slice(start);
  }
  if (rest + decode() !== "") throw new CsvFault("no_end", row);
}

const plainCells = (line: string): Cell[] => line.split(",").map((cell) => (cell === "" ? null : cell));

/** Where the row that begins at `start` ends: the first line end outside quotes; -1 where it is not all here yet. */
function endOfRow(text: string, start: number): number {
  let isQuoted = false;
  for (let at = start; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"') isQuoted = !isQuoted;
    else if (sign === "\n" && !isQuoted) return at;
  }
  return -1;
}

function quotedCells(line: string, row: number): Cell[] {
  const cells: Cell[] = [];
  let at = 0;
  for (;;) {
    let end: number;
    if (line[at] === '"') {
      end = closingQuote(line, at + 1);
      if (end < 0) throw new CsvFault("quotes", row);
      cells.push(line.slice(at + 1, end).replace(/""/g, '"'));
      end += 1;
    } else {
      end = line.indexOf(",", at);
      if (end < 0) end = line.length;
      const cell = line.slice(at, end);
      if (cell.includes('"')) throw new CsvFault("quotes", row);
      cells.push(cell === "" ? null : cell);
    }
    if (end === line.length) return cells;
    if (line[end] !== ",") throw new CsvFault("quotes", row);
    at = end + 1;
  }
}

function closingQuote(line: string, from: number): number {
  for (let at = from; at < line.length; at += 1) {
    if (line[at] !== '"') continue;
    if (line[at + 1] !== '"') return at;
    at += 1;
  }
  return -1;
}
