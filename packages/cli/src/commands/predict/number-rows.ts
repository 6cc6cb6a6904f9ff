import type { Readable } from 'node:stream';
import type { Network } from '@gradloom/core';
import { show } from '@gradloom/core/internal';

/** Most extra characters of a line, beside 32 per number, far more than a number needs. */
const MAX_EXTRA_CHARACTERS = 1 << 20;
const MAX_NUMBER_CHARACTERS = 32;

/**
 * Rows of a stream of JSON arrays, one a line. All lines that have arrived make a batch: rows from a pipe are answered
 * at once, a file in large parts. @throws Error naming the line of `source` that is not a row.
 */
export async function* textRows(
  stream: Readable,
  { inputs: I, allLayers }: Pick<Network, 'inputs' | 'allLayers'>,
  source: string,
): AsyncGenerator<RowBatch> {
  // Drops a byte-order mark at the start. Invalid UTF-8 becomes characters that are no JSON of numbers, so they are
  // refused.
  const decoder = new TextDecoder();
  const maxCharacters = MAX_EXTRA_CHARACTERS + MAX_NUMBER_CHARACTERS * I;
  const [{ spec }] = allLayers;
  const vocabulary = spec.kind === 'embedding' ? spec.vocabulary : null;
  const range = vocabulary === null ? '' : ` from 0 to ${vocabulary - 1}`;
  const expected = `${vocabulary === null ? '' : 'whole '}${I === 1 ? 'number' : 'numbers'}${range}`;
  const isFit = (value: unknown): boolean =>
    vocabulary === null
      ? Number.isFinite(value)
      : Number.isInteger(value) && Number(value) >= 0 && Number(value) < vocabulary;
  const fault = (has: string): Error =>
    new Error(`line ${line} of ${source} has ${has}, expected a JSON array of ${I} ${expected}`);
  let rest = '';
  let line = 0;
  let row = 0;

  function readLines(lines: readonly string[]): RowBatch {
    const rows: number[][] = [];
    for (const text of lines) {
      line++;
      if (text.trim() !== '') rows.push(parseRow(text, I, isFit, fault));
    }
    const numbers = rows.map(() => row++);
    return { x: Float64Array.from(rows.flat()), numbers };
  }

  for await (const chunk of stream) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    const batch = readLines(lines);
    if (batch.numbers.length > 0) yield batch;
    if (rest.length <= maxCharacters) continue;
    line++;
    throw fault(`more than ${maxCharacters} characters`);
  }
  const last = readLines([rest + decoder.decode()]);
  if (last.numbers.length > 0) yield last;
}

function parseRow(
  text: string,
  I: number,
  isFit: (value: unknown) => boolean,
  fault: (has: string) => Error,
): number[] {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw fault(show(text.trim()));
  }
  if (!Array.isArray(row)) throw fault(show(row));
  if (row.length !== I) throw fault(`${row.length} entries`);
  const strange = row.find((value) => !isFit(value));
  if (strange !== undefined) throw fault(`${show(strange)} in it`);
  return row;
}

/** Rows to predict, and their targets if known. */
export interface RowBatch {
  readonly x: Float64Array; // [N, I]
  readonly numbers: readonly number[]; // [N] index of each row in its source, counted from 0
  readonly targets?: readonly (readonly number[])[]; // [N][columns]
  readonly targetLabels?: readonly string[]; // [N] names of the target classes, if they have names
  readonly lengths?: readonly number[]; // [N] real positions, if the dataset has lengths
}
