import { RUN } from '../../kernels/tile.ts';

/** Consecutive terms of a sum. */
export interface Run {
  readonly a: number; // byte offset of the first factor, counted from the same place in all runs
  readonly panel: number | null; // byte offset of the first panel row, likewise; null: where the run before ended
  readonly terms: number;
  readonly merges: number; // number of sums on the stack that are added after the terms
  readonly isPushed: boolean; // whether the sum then goes on the stack, and the next run starts from 0
}

/** The table of a sum, see `RUN`. Its first run begins at the sum's factors and at the panel. */
export function tableOf(runs: readonly Run[], aStep: number, panelStep: number): Int32Array {
  const words = new Int32Array(RUN.words * runs.length);
  for (const [k, { a, panel, terms, merges, isPushed }] of runs.entries()) {
    const at = RUN.words * k;
    const next = runs[k + 1];
    words[at + RUN.terms] = terms;
    words[at + RUN.merges] = merges;
    words[at + RUN.isPushed] = isPushed ? 1 : 0;
    if (next === undefined) continue;
    words[at + RUN.more] = 1;
    writeLong(words, at + RUN.skipA, next.a - (a + terms * aStep));
    const isNext = next.panel === null || panel === null;
    writeLong(words, at + RUN.skipPanel, isNext ? 0 : next.panel - (panel + terms * panelStep));
  }
  return words;
}

/** A signed 64-bit number in two words. */
function writeLong(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = Math.floor(value / 4_294_967_296);
}
