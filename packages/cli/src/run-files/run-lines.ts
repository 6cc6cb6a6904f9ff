import { isRecord } from '../options/read-object.ts';
import { sealOf } from './seal.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a file of lines holds, each a JSON object with its checksum. */
export interface RunLines {
  // that can be trusted
  readonly lines: readonly { readonly number: number; readonly text: string; readonly value: Json }[];
  readonly damaged: readonly number[]; // lines that cannot, counted from 1
  readonly isCutOff: boolean; // the last one ends in the middle, as a crash leaves it
  /** No line has a checksum, as earlier versions wrote them: all that can be read are trusted. */
  readonly isUnsealed: boolean;
}

/** Takes apart the bytes of such a file. A line that was changed costs itself alone. */
export function runLines(bytes: Uint8Array): RunLines {
  // A byte that is no UTF-8 becomes a mark that no checksum comes from.
  const texts = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split('\n');
  const rest = texts.pop() ?? '';
  // A crash leaves the start of a line, so one that is whole but for its end was changed there.
  const isCutOff = rest !== '' && !isRecord(parse(rest)) && sealOf(rest.slice(0, -1)) !== 'whole';
  if (rest !== '' && !isCutOff) texts.push(rest);
  const states = texts.map(sealOf);
  const isUnsealed = texts.length > 0 && states.every((state) => state === 'none');
  const trusted = isUnsealed ? 'none' : 'whole';
  const lines: RunLines['lines'][number][] = [];
  const damaged: number[] = [];
  for (const [at, text] of texts.entries()) {
    const value = states[at] === trusted ? parse(text) : null;
    if (isRecord(value)) lines.push({ number: at + 1, text, value });
    else damaged.push(at + 1);
  }
  return { lines, damaged, isCutOff, isUnsealed };
}

/** '1, 4 to 7 and 9' */
export function describeLines(numbers: readonly number[]): string {
  const ranges: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (numbers[end + 1] === numbers[end] + 1) end++;
    ranges.push(end === at ? String(numbers[at]) : `${numbers[at]} to ${numbers[end]}`);
    at = end + 1;
  }
  const shown = ranges.length > MOST_RANGES ? [...ranges.slice(0, MOST_RANGES), 'others'] : ranges;
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`;
}

const MOST_RANGES = 5;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
