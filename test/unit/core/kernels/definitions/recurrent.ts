import type { Elements } from '../../../../../packages/core/src/math/element-type.ts';
import type { Arithmetic } from '../../../../support/arithmetic.ts';
import type { Definition } from './definition.ts';
import { upTo, write } from './sums.ts';

/** Calls `each` for every unit of every row: its row, its place in [B, O], in [B, T, O] and in gates of the two. */
function eachUnit(
  gates: number,
  ...[t, B, T, O, each]: [
    ...sizes: [t: number, B: number, T: number, O: number],
    each: (n: number, k: number, at: number, stepGates: readonly number[], rowGates: readonly number[]) => void,
  ]
): void {
  for (const k of upTo(B * O)) {
    const [n, o] = [Math.floor(k / O), k % O];
    const gateIndices = (first: number) => upTo(gates).map((gate) => (first * gates + gate) * O + o);
    each(n, k, (n * T + t) * O + o, gateIndices(n * T + t), gateIndices(n));
  }
}

const writeAt = (array: Elements, indices: readonly number[], values: readonly number[]): void => {
  for (const [k, index] of indices.entries()) write(array.subarray(index), 1, () => values[k]);
};

const slopeOf = (A: Arithmetic, a: number): number => A.mul(a, A.sub(1, a));
const tanhSlope = (A: Arithmetic, a: number): number => A.sub(1, A.mul(a, a));

export const gruForward: Definition<'gruForward'> = (...[A, y, h, hBefore, gates, qByStep, q, lengths, t, B, T, O]) =>
  eachUnit(3, t, B, T, O, (n, k, at, stepGates, rowGates) => {
    const state = h[k];
    hBefore[at] = state;
    y[at] = 0;
    if (t >= lengths[n]) return;
    const [r, z] = [0, 1].map((gate) => A.sigmoid(A.add(gates[stepGates[gate]], q[rowGates[gate]])));
    const c = A.tanh(A.add(gates[stepGates[2]], A.mul(r, q[rowGates[2]])));
    writeAt(gates, stepGates, [r, z, c]);
    qByStep[stepGates[2]] = q[rowGates[2]];
    h[k] = A.add(c, A.mul(z, A.sub(state, c)));
    y[at] = h[k];
  });

export const gruBackward: Definition<'gruBackward'> = (
  ...[A, dh, dq, gates, qByStep, dy, dhViaWh, hBefore, lengths, t, B, T, O]
) =>
  eachUnit(3, t, B, T, O, (n, k, at, stepGates, rowGates) => {
    const [r, z, c] = stepGates.map((gate) => gates[gate]);
    const g = A.add(dy[at], A.add(dh[k], dhViaWh[k]));
    const dn = A.flush(A.mul(A.mul(g, A.sub(1, z)), tanhSlope(A, c)));
    const dz = A.flush(A.mul(A.mul(g, A.sub(hBefore[at], c)), slopeOf(A, z)));
    const dr = A.flush(A.mul(A.mul(dn, qByStep[stepGates[2]]), slopeOf(A, r)));
    const isReal = t < lengths[n];
    writeAt(gates, stepGates, isReal ? [dr, dz, dn] : [0, 0, 0]);
    writeAt(qByStep, stepGates, isReal ? [dr, dz, A.flush(A.mul(dn, r))] : [0, 0, 0]);
    writeAt(dq, rowGates, isReal ? [dr, dz, A.flush(A.mul(dn, r))] : [0, 0, 0]);
    if (isReal) dh[k] = A.flush(A.mul(g, z));
  });

export const lstmForward: Definition<'lstmForward'> = (
  ...[A, y, h, c, hBefore, cBefore, gates, q, lengths, t, B, T, O]
) =>
  eachUnit(4, t, B, T, O, (n, k, at, stepGates, rowGates) => {
    hBefore[at] = h[k];
    cBefore[at] = c[k];
    y[at] = 0;
    if (t >= lengths[n]) return;
    const sums = stepGates.map((index, gate) => A.add(gates[index], q[rowGates[gate]]));
    const activated = sums.map((sum, gate) => (gate === 2 ? A.tanh(sum) : A.sigmoid(sum)));
    writeAt(gates, stepGates, activated);
    c[k] = A.add(A.mul(activated[1], c[k]), A.mul(activated[0], activated[2]));
    h[k] = A.mul(activated[3], A.tanh(c[k]));
    y[at] = h[k];
  });

export const lstmBackward: Definition<'lstmBackward'> = (
  ...[A, dh, dc, dq, gates, dy, dhViaWh, cBefore, lengths, t, B, T, O]
) =>
  eachUnit(4, t, B, T, O, (n, k, at, stepGates, rowGates) => {
    const [i, f, g, o] = stepGates.map((gate) => gates[gate]);
    const u = A.tanh(A.add(A.mul(f, cBefore[at]), A.mul(i, g)));
    const dState = A.add(dy[at], A.add(dh[k], dhViaWh[k]));
    const dCell = A.add(dc[k], A.mul(A.mul(dState, o), tanhSlope(A, u)));
    const isReal = t < lengths[n];
    const all = [
      A.mul(A.mul(dCell, g), slopeOf(A, i)),
      A.mul(A.mul(dCell, cBefore[at]), slopeOf(A, f)),
      A.mul(A.mul(dCell, i), tanhSlope(A, g)),
      A.mul(A.mul(dState, u), slopeOf(A, o)),
    ].map((value) => (isReal ? A.flush(value) : 0));
    writeAt(gates, stepGates, all);
    writeAt(dq, rowGates, all);
    if (!isReal) return;
    dc[k] = A.flush(A.mul(dCell, f));
    dh[k] = 0;
  });
