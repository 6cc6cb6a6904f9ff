import { isRecord, tryJson } from '../../options/read-object.ts';
import { sealOf } from './seal.ts';

type Json = Readonly<Record<string, unknown>>;

/** Contents of a file of lines, each a JSON object with its checksum. */
export interface RunLines {
  // undamaged lines
  readonly lines: readonly { readonly number: number; readonly text: string; readonly value: Json }[];
  readonly damaged: readonly number[]; // numbers of damaged lines, from 1
  readonly isCutOff: boolean; // the last line is cut off, as after a crash
  /** No line has a checksum, as in earlier versions; all readable lines are then accepted. */
  readonly isUnsealed: boolean;
}

/** Parses the bytes of a file of lines. A damaged line does not affect the others. */
export function runLines(bytes: Uint8Array): RunLines {
  // Invalid UTF-8 becomes a replacement character, which no checksum matches.
  const texts = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\n');
  const rest = texts.pop() ?? '';
  // A crash cuts a line off, so a complete line without its newline has been edited.
  const isCutOff = rest !== '' && !isRecord(tryJson(rest)) && sealOf(rest.slice(0, -1)) !== 'whole';
  if (rest !== '' && !isCutOff) texts.push(rest);
  const states = texts.map(sealOf);
  const isUnsealed = texts.length > 0 && states.every((state) => state === 'none');
  const trust = isUnsealed ? 'none' : 'whole';
  const lines: RunLines['lines'][number][] = [];
  const damagedLines: number[] = [];
  for (const [index, text] of texts.entries()) {
    const value = states[index] === trust ? tryJson(text) : null;
    if (isRecord(value)) lines.push({ number: index + 1, text, value });
    else damagedLines.push(index + 1);
  }
  return { lines, damaged: damagedLines, isCutOff, isUnsealed };
}

/** '1, 4 to 7 and 9', for ascending numbers. */
export function describeNumbers(numbers: readonly number[]): string {
  const ranges: string[] = [];
  for (let start = 0; start < numbers.length; ) {
    let end = start;
    while (numbers[end + 1] === numbers[end] + 1) end++;
    ranges.push(end === start ? String(numbers[start]) : `${numbers[start]} to ${numbers[end]}`);
    start = end + 1;
  }
  const shownRanges = ranges.length > MAX_RANGES ? [...ranges.slice(0, MAX_RANGES), 'others'] : ranges;
  const last = shownRanges.pop() ?? '';
  return shownRanges.length === 0 ? last : `${shownRanges.join(', ')} and ${last}`;
}

const MAX_RANGES = 5;
