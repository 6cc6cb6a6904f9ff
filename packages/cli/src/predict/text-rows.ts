import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { show } from '@gradloom/core';
import type { RowBatch } from './row-batch.ts';

/**
 * Rows of a stream of JSON arrays, one a line. All lines that have arrived make a batch: a pipe is answered at once, a
 * file in large parts. @throws Error naming the line that is no row.
 */
export async function* textRows(stream: Readable, I: number): AsyncGenerator<RowBatch> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let line = 0;
  let row = 0;

  function take(lines: readonly string[]): RowBatch {
    const rows: number[][] = [];
    for (const text of lines) {
      line++;
      if (text.trim() !== '') rows.push(parseRow(text, line, I));
    }
    const numbers = rows.map(() => row++);
    return { x: Float64Array.from(rows.flat()), numbers };
  }

  for await (const chunk of stream) {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk))).split('\n');
    rest = lines.pop() ?? '';
    const batch = take(lines);
    if (batch.numbers.length > 0) yield batch;
  }
  const last = take([rest + decoder.end()]);
  if (last.numbers.length > 0) yield last;
}

function parseRow(text: string, line: number, I: number): number[] {
  const expected = `expected a JSON array of ${I} ${I === 1 ? 'number' : 'numbers'}`;
  let row: unknown;
  try {
    row = JSON.parse(text);
  } catch (error) {
    throw new Error(`line ${line} has ${show(text.trim())}, ${expected}`, { cause: error });
  }
  if (!Array.isArray(row)) throw new Error(`line ${line} has ${show(row)}, ${expected}`);
  if (row.length !== I) throw new Error(`line ${line} has ${row.length} entries, ${expected}`);
  const strange = row.find((value) => typeof value !== 'number' || !Number.isFinite(value));
  if (strange !== undefined) throw new Error(`line ${line} has ${show(strange)} in it, ${expected}`);
  return row;
}
