import { viewOf } from './scratch.ts';

/** An array of a plan: how long it is, and the steps from the first that writes it to the last that reads it. */
export interface Lifetime {
  /** Doubles that it takes. */
  readonly doubles: number;
  /** The first step that writes it. */
  readonly birth: number;
  /** The last step that reads or writes it. */
  readonly death: number;
}

/** Free doubles from `start` to `end`. */
interface Gap {
  start: number;
  end: number;
}

/**
 * Gives arrays that live at the same time separate places in one memory. In the order of their births, each takes the
 * smallest gap that it fits into. (Placing the largest first saves up to a quarter, but takes the square of their
 * number.)
 */
export function placeArrays(arrays: readonly Lifetime[]): {
  /** The place of each array, in doubles. */
  readonly offsets: Float64Array;
  /** Doubles of the memory. */
  readonly total: number;
} {
  const offsets = new Float64Array(arrays.length);
  const births = sortedBySteps(arrays, ({ birth }) => birth);
  const deaths = sortedBySteps(arrays, ({ death }) => death);
  // Arrays that are first written in the same step are placed from the largest to the smallest.
  for (let from = 0; from < births.length; ) {
    let end = from + 1;
    while (end < births.length && arrays[births[end]].birth === arrays[births[from]].birth) end++;
    if (end > from + 1) viewOf(births, from, end - from).sort((a, b) => arrays[b].doubles - arrays[a].doubles);
    from = end;
  }
  const gaps: Gap[] = []; // ascending, none touches another
  let total = 0;
  let freedCount = 0;
  for (const k of births) {
    const { doubles, birth } = arrays[k];
    for (; freedCount < deaths.length && arrays[deaths[freedCount]].death < birth; freedCount++) {
      const d = deaths[freedCount];
      addGap(gaps, offsets[d], offsets[d] + arrays[d].doubles);
    }
    let best = -1;
    for (let g = 0; g < gaps.length; g++) {
      const size = gaps[g].end - gaps[g].start;
      if (size >= doubles && (best === -1 || size < gaps[best].end - gaps[best].start)) best = g;
    }
    // If none is large enough, the memory grows at its end, where a gap may be.
    if (best === -1 && gaps.length > 0 && gaps[gaps.length - 1].end === total) best = gaps.length - 1;
    if (best === -1) {
      offsets[k] = total;
      total += doubles;
      continue;
    }
    const gap = gaps[best];
    offsets[k] = gap.start;
    gap.start += doubles;
    total = Math.max(total, gap.start);
    if (gap.start >= gap.end) gaps.splice(best, 1);
  }
  return { offsets, total };
}

/** Indices of all arrays that take memory, by a step of each; those of one step in their own order. A counting sort. */
function sortedBySteps(arrays: readonly Lifetime[], stepOf: (array: Lifetime) => number): Int32Array {
  const steps = arrays.reduce((max, array) => Math.max(max, stepOf(array) + 1), 0);
  const firstOf = new Int32Array(steps + 1); // where each step's indices begin, counted up as they are written
  for (const array of arrays) if (array.doubles > 0) firstOf[stepOf(array) + 1]++;
  for (let step = 1; step <= steps; step++) firstOf[step] += firstOf[step - 1];
  const sorted = new Int32Array(firstOf[steps]);
  for (const [k, array] of arrays.entries()) if (array.doubles > 0) sorted[firstOf[stepOf(array)]++] = k;
  return sorted;
}

/** Adds a gap, and joins it with those that it touches. */
function addGap(gaps: Gap[], start: number, end: number): void {
  let low = 0;
  let high = gaps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (gaps[middle].start < start) low = middle + 1;
    else high = middle;
  }
  const joinsBefore = low > 0 && gaps[low - 1].end === start;
  const joinsAfter = low < gaps.length && gaps[low].start === end;
  if (joinsBefore && joinsAfter) {
    gaps[low - 1].end = gaps[low].end;
    gaps.splice(low, 1);
  } else if (joinsBefore) gaps[low - 1].end = end;
  else if (joinsAfter) gaps[low].start = start;
  else gaps.splice(low, 0, { start, end });
}
