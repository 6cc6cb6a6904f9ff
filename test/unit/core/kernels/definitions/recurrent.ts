import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import type { Definition } from './definition.ts';
import { upTo, write } from './sums.ts';

/** Calls `each` for every unit of every row: its row, its place in [B, O], in [B, T, O] and in gates of the two. */
function eachUnit(
  gates: number,
  ...[t, B, T, O, each]: [
    ...sizes: [t: number, B: number, T: number, O: number],
    each: (n: number, k: number, at: number, row: readonly number[], own: readonly number[]) => void,
  ]
): void {
  for (const k of upTo(B * O)) {
    const [n, o] = [Math.floor(k / O), k % O];
    const places = (first: number) => upTo(gates).map((gate) => (first * gates + gate) * O + o);
    each(n, k, (n * T + t) * O + o, places(n * T + t), places(n));
  }
}

const put = (array: Elements, places: readonly number[], values: readonly number[]): void => {
  for (const [k, place] of places.entries()) write(array.subarray(place), 1, () => values[k]);
};

const slopeOf = (A: Arithmetic, a: number): number => A.mul(a, A.sub(1, a));
const tanhSlope = (A: Arithmetic, a: number): number => A.sub(1, A.mul(a, a));

export const gruForward: Definition<'gruForward'> = (...[A, y, h, before, gates, byState, q, lengths, t, B, T, O]) =>
  eachUnit(3, t, B, T, O, (n, k, at, row, own) => {
    const state = h[k];
    before[at] = state;
    y[at] = 0;
    if (t >= lengths[n]) return;
    const [r, z] = [0, 1].map((gate) => A.sigmoid(A.add(gates[row[gate]], q[own[gate]])));
    const c = A.tanh(A.add(gates[row[2]], A.mul(r, q[own[2]])));
    put(gates, row, [r, z, c]);
    byState[row[2]] = q[own[2]];
    h[k] = A.add(c, A.mul(z, A.sub(state, c)));
    y[at] = h[k];
  });

export const gruBackward: Definition<'gruBackward'> = (
  ...[A, dh, dq, gates, byState, dy, product, before, lengths, t, B, T, O]
) =>
  eachUnit(3, t, B, T, O, (n, k, at, row, own) => {
    const [r, z, c] = row.map((place) => gates[place]);
    const g = A.add(dy[at], A.add(dh[k], product[k]));
    const dn = A.flush(A.mul(A.mul(g, A.sub(1, z)), tanhSlope(A, c)));
    const dz = A.flush(A.mul(A.mul(g, A.sub(before[at], c)), slopeOf(A, z)));
    const dr = A.flush(A.mul(A.mul(dn, byState[row[2]]), slopeOf(A, r)));
    const isReal = t < lengths[n];
    put(gates, row, isReal ? [dr, dz, dn] : [0, 0, 0]);
    put(byState, row, isReal ? [dr, dz, A.flush(A.mul(dn, r))] : [0, 0, 0]);
    put(dq, own, isReal ? [dr, dz, A.flush(A.mul(dn, r))] : [0, 0, 0]);
    if (isReal) dh[k] = A.flush(A.mul(g, z));
  });

export const lstmForward: Definition<'lstmForward'> = (...[A, y, h, c, before, cells, gates, q, lengths, t, B, T, O]) =>
  eachUnit(4, t, B, T, O, (n, k, at, row, own) => {
    before[at] = h[k];
    cells[at] = c[k];
    y[at] = 0;
    if (t >= lengths[n]) return;
    const sums = row.map((place, gate) => A.add(gates[place], q[own[gate]]));
    const all = sums.map((sum, gate) => (gate === 2 ? A.tanh(sum) : A.sigmoid(sum)));
    put(gates, row, all);
    c[k] = A.add(A.mul(all[1], c[k]), A.mul(all[0], all[2]));
    h[k] = A.mul(all[3], A.tanh(c[k]));
    y[at] = h[k];
  });

export const lstmBackward: Definition<'lstmBackward'> = (
  ...[A, dh, dc, dq, gates, dy, product, cells, lengths, t, B, T, O]
) =>
  eachUnit(4, t, B, T, O, (n, k, at, row, own) => {
    const [i, f, g, o] = row.map((place) => gates[place]);
    const u = A.tanh(A.add(A.mul(f, cells[at]), A.mul(i, g)));
    const dState = A.add(dy[at], A.add(dh[k], product[k]));
    const dCell = A.add(dc[k], A.mul(A.mul(dState, o), tanhSlope(A, u)));
    const isReal = t < lengths[n];
    const all = [
      A.mul(A.mul(dCell, g), slopeOf(A, i)),
      A.mul(A.mul(dCell, cells[at]), slopeOf(A, f)),
      A.mul(A.mul(dCell, i), tanhSlope(A, g)),
      A.mul(A.mul(dState, u), slopeOf(A, o)),
    ].map((value) => (isReal ? A.flush(value) : 0));
    put(gates, row, all);
    put(dq, own, all);
    if (!isReal) return;
    dc[k] = A.flush(A.mul(dCell, f));
    dh[k] = 0;
  });
