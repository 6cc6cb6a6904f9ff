import type { Readable } from 'node:stream';
import type { Network } from '@gradloom/core';
import { show } from '@gradloom/core/internal';
import { linesOf, textOf } from './source-lines.ts';

/** Maximum number of characters of a line: far more for each number than it needs, and some for blanks. */
const MAX_NUMBER_CHARACTERS = 32;
const MAX_EXTRA_CHARACTERS = 1 << 20;

/** Rows of a stream of JSON arrays, one a line. @throws Error naming the line of `source` that is not a row. */
export async function* numberRows(
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
  const isInput = (value: unknown): boolean =>
    vocabulary === null
      ? Number.isFinite(value)
      : Number.isInteger(value) && Number(value) >= 0 && Number(value) < vocabulary;
  const lineError = (line: number, has: string): Error =>
    new Error(`line ${line} of ${source} has ${has}, expected a JSON array of ${I} ${expected}`);
  const texts = textOf(stream, (bytes, isLast) => decoder.decode(bytes, { stream: !isLast }));
  const tooLong = (line: number) => lineError(line, `more than ${maxCharacters} characters`);
  let line = 0;
  let row = 0;
  for await (const lines of linesOf(texts, maxCharacters, tooLong)) {
    const rows: number[][] = [];
    for (const text of lines) {
      line++;
      if (text.trim() !== '') rows.push(parseRow(text, I, isInput, (has) => lineError(line, has)));
    }
    if (rows.length > 0) yield { x: Float64Array.from(rows.flat()), rowIndices: rows.map(() => row++) };
  }
}

function parseRow(
  text: string,
  I: number,
  isInput: (value: unknown) => boolean,
  lineError: (has: string) => Error,
): number[] {
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch {
    throw lineError(show(text.trim()));
  }
  if (!Array.isArray(row)) throw lineError(show(row));
  if (row.length !== I) throw lineError(`${row.length} entries`);
  const wrongEntry = row.find((value) => !isInput(value));
  if (wrongEntry !== undefined) throw lineError(`${show(wrongEntry)} in it`);
  return row;
}

/** Rows to predict, and their targets if known. */
export interface RowBatch {
  readonly x: Float64Array; // [N, I]
  readonly rowIndices: readonly number[]; // [N] index of each row in its source, counted from 0
  readonly targets?: readonly (readonly number[])[]; // [N][columns]
  readonly targetLabels?: readonly string[]; // [N] names of the target classes, if they have names
  readonly lengths?: readonly number[]; // [N, parts] real positions, if the dataset has lengths
  /** The targets of each of several outputs, by name. */
  readonly targetsOfHeads?: Readonly<Record<string, Pick<RowBatch, 'targets' | 'targetLabels'>>>;
}
