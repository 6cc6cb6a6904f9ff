import { type Elements, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';

// Steps of recurrent layers at position t of B sequences, with O units. At first `gates` holds p = x · Wi + bi of each
// unit and gate, and `q` holds h · Wh + bh. A row whose length is at most t has padding there.

/**
 * r = σ(p + q), z = σ(p + q), n = tanh(p + r · q), each of its own gate in this order, and h = n + z · (h - n). The
 * gates take the place of p, `byState` keeps q of n, and `before` the state before the step. At padding y is 0, and h
 * stays.
 */
export function gruForward(
  y: Elements, // [B, T, O] out: position t
  h: Elements, // [B, O] in and out
  before: Elements, // [B, T, O] out: position t
  gates: Elements, // [B, T, 3, O] in and out: position t
  byState: Elements, // [B, T, 3, O] out: gate n of position t
  q: Elements, // [B, 3, O]
  lengths: Float64Array, // [B]
  t: number,
  B: number,
  T: number,
  O: number,
): void {
  const { round, sigmoid, tanh } = mathOf(typeOf(y));
  for (let k = 0; k < B * O; k++) {
    const [n, o] = [Math.floor(k / O), k % O];
    const yIndex = (n * T + t) * O + o;
    const state = h[k];
    before[yIndex] = state;
    y[yIndex] = 0;
    if (t >= lengths[n]) continue;
    const gateIndex = 3 * (n * T + t) * O + o;
    const qIndex = 3 * n * O + o;
    const r = sigmoid(round(gates[gateIndex] + q[qIndex]));
    const z = sigmoid(round(gates[gateIndex + O] + q[qIndex + O]));
    const candidate = tanh(round(gates[gateIndex + 2 * O] + round(r * q[qIndex + 2 * O])));
    gates[gateIndex] = r;
    gates[gateIndex + O] = z;
    gates[gateIndex + 2 * O] = candidate;
    byState[gateIndex + 2 * O] = q[qIndex + 2 * O];
    h[k] = round(candidate + round(z * round(state - candidate)));
    y[yIndex] = h[k];
  }
}

/**
 * Gradients of a step, after those of the next: g = dy + (dh + dq · Whᵀ), where dh and dq are the next step's. Writes
 * the gradients by p to `gates`, and those by q to `byState` and `dq`. dh becomes g · z. At padding all are 0, and dh
 * stays.
 */
export function gruBackward(
  dh: Elements, // [B, O] in and out
  dq: Elements, // [B, 3, O] out
  gates: Elements, // [B, T, 3, O] in and out: position t
  byState: Elements, // [B, T, 3, O] in and out: position t
  dy: Elements, // [B, T, O]
  product: Elements, // [B, O] dq · Whᵀ of the next step
  before: Elements, // [B, T, O]
  lengths: Float64Array, // [B]
  t: number,
  B: number,
  T: number,
  O: number,
): void {
  const { round, flush } = mathOf(typeOf(dh));
  for (let k = 0; k < B * O; k++) {
    const [n, o] = [Math.floor(k / O), k % O];
    const yIndex = (n * T + t) * O + o;
    const gateIndex = 3 * (n * T + t) * O + o;
    const qIndex = 3 * n * O + o;
    let [dr, dz, dn, dqn] = [0, 0, 0, 0];
    if (t < lengths[n]) {
      const [r, z, candidate] = [gates[gateIndex], gates[gateIndex + O], gates[gateIndex + 2 * O]];
      const g = round(dy[yIndex] + round(dh[k] + product[k]));
      dn = flush(round(round(g * round(1 - z)) * round(1 - round(candidate * candidate))));
      dz = flush(round(round(g * round(before[yIndex] - candidate)) * round(z * round(1 - z))));
      dr = flush(round(round(dn * byState[gateIndex + 2 * O]) * round(r * round(1 - r))));
      dqn = flush(round(dn * r));
      dh[k] = flush(round(g * z));
    }
    gates[gateIndex] = dr;
    gates[gateIndex + O] = dz;
    gates[gateIndex + 2 * O] = dn;
    for (const [to, first] of [
      [byState, gateIndex],
      [dq, qIndex],
    ] as const) {
      to[first] = dr;
      to[first + O] = dz;
      to[first + 2 * O] = dqn;
    }
  }
}

/**
 * i = σ(p + q), f = σ(p + q), g = tanh(p + q), o = σ(p + q), each of its own gate in this order, c = f · c + i · g and
 * h = o · tanh(c). The gates take the place of p; `before` and `cells` keep h and c from before the step. At padding y
 * is 0, and h and c stay.
 */
export function lstmForward(
  y: Elements, // [B, T, O] out: position t
  h: Elements, // [B, O] in and out
  c: Elements, // [B, O] in and out
  before: Elements, // [B, T, O] out: position t
  cells: Elements, // [B, T, O] out: position t
  gates: Elements, // [B, T, 4, O] in and out: position t
  q: Elements, // [B, 4, O]
  lengths: Float64Array, // [B]
  t: number,
  B: number,
  T: number,
  O: number,
): void {
  const { round, sigmoid, tanh } = mathOf(typeOf(y));
  for (let k = 0; k < B * O; k++) {
    const [n, o] = [Math.floor(k / O), k % O];
    const yIndex = (n * T + t) * O + o;
    before[yIndex] = h[k];
    cells[yIndex] = c[k];
    y[yIndex] = 0;
    if (t >= lengths[n]) continue;
    const gateIndex = 4 * (n * T + t) * O + o;
    const qIndex = 4 * n * O + o;
    const sum = (gate: number): number => round(gates[gateIndex + gate * O] + q[qIndex + gate * O]);
    const [input, forget, value, out] = [sigmoid(sum(0)), sigmoid(sum(1)), tanh(sum(2)), sigmoid(sum(3))];
    gates[gateIndex] = input;
    gates[gateIndex + O] = forget;
    gates[gateIndex + 2 * O] = value;
    gates[gateIndex + 3 * O] = out;
    c[k] = round(round(forget * c[k]) + round(input * value));
    h[k] = round(out * tanh(c[k]));
    y[yIndex] = h[k];
  }
}

/**
 * Gradients of a step, after those of the next: with u = tanh(c), computed once more, dh = dy + (dh + dq · Whᵀ) and
 * dc = dc + (dh · o) · (1 - u²), where dh, dq and dc are the next step's. Writes the gradients by p, which are also
 * those by q, to `gates` and `dq`. dc becomes dc · f, and dh 0. At padding those of the gates are 0, and dh and dc
 * stay.
 */
export function lstmBackward(
  dh: Elements, // [B, O] in and out
  dc: Elements, // [B, O] in and out
  dq: Elements, // [B, 4, O] out
  gates: Elements, // [B, T, 4, O] in and out: position t
  dy: Elements, // [B, T, O]
  product: Elements, // [B, O] dq · Whᵀ of the next step
  cells: Elements, // [B, T, O]
  lengths: Float64Array, // [B]
  t: number,
  B: number,
  T: number,
  O: number,
): void {
  const { round, flush, tanh } = mathOf(typeOf(dh));
  for (let k = 0; k < B * O; k++) {
    const [n, o] = [Math.floor(k / O), k % O];
    const yIndex = (n * T + t) * O + o;
    const gateIndex = 4 * (n * T + t) * O + o;
    const qIndex = 4 * n * O + o;
    let [di, df, dg, dout] = [0, 0, 0, 0];
    if (t < lengths[n]) {
      const [i, f, g, out] = [
        gates[gateIndex],
        gates[gateIndex + O],
        gates[gateIndex + 2 * O],
        gates[gateIndex + 3 * O],
      ];
      const u = tanh(round(round(f * cells[yIndex]) + round(i * g)));
      const dState = round(dy[yIndex] + round(dh[k] + product[k]));
      const dCell = round(dc[k] + round(round(dState * out) * round(1 - round(u * u))));
      di = flush(round(round(dCell * g) * round(i * round(1 - i))));
      df = flush(round(round(dCell * cells[yIndex]) * round(f * round(1 - f))));
      dg = flush(round(round(dCell * i) * round(1 - round(g * g))));
      dout = flush(round(round(dState * u) * round(out * round(1 - out))));
      dc[k] = flush(round(dCell * f));
      dh[k] = 0;
    }
    for (const [to, first] of [
      [gates, gateIndex],
      [dq, qIndex],
    ] as const) {
      to[first] = di;
      to[first + O] = df;
      to[first + 2 * O] = dg;
      to[first + 3 * O] = dout;
    }
  }
}
