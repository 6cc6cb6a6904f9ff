import type { Elements } from '../math/element-type.ts';
import { viewOf } from '../math/scratch.ts';

/** Views that begin at elements 0, step, 2 step, … of `view`; at least `count` of them. */
export type Starts = (view: Elements, step: number, count: number) => readonly Elements[];

/**
 * Caches the views as long as `view` lives, since a new subarray per call would be garbage in every step. koffi takes
 * the address of a view without allocating; an address passed as a number costs 16 bytes of heap.
 */
export function createStarts(): Starts {
  const known = new WeakMap<Elements, Map<number, Elements[]>>();
  return (view, step, count) => {
    let ofView = known.get(view);
    if (ofView === undefined) {
      ofView = new Map();
      known.set(view, ofView);
    }
    let starts = ofView.get(step);
    if (starts === undefined) {
      starts = [];
      ofView.set(step, starts);
    }
    while (starts.length < count) starts.push(viewOf(view, starts.length * step, view.length - starts.length * step));
    return starts;
  };
}
