import { type Elements, typeOf } from '../../math/element-type.ts';
import { mathOf } from '../../math/real-math.ts';

/** y[i] = g[i] · σ(g[i]) · v[i]. Overwrites `y`. */
export function gateForward(
  y: Elements, // [n] out
  g: Elements, // [n]
  v: Elements, // [n]
  n: number,
): void {
  const { round, sigmoid } = mathOf(typeOf(y));
  for (let i = 0; i < n; i++) y[i] = round(g[i] * sigmoid(g[i])) * v[i];
}

/** dg = dy · v · σ(g) · (1 + g · (1 - σ(g))) and dv = dy · g · σ(g). Overwrites `g` with dg and `v` with dv. */
export function gateBackward(
  g: Elements, // [n] in and out
  v: Elements, // [n] in and out
  dy: Elements, // [n]
  n: number,
): void {
  const { round, flush, sigmoid } = mathOf(typeOf(g));
  for (let i = 0; i < n; i++) {
    const s = sigmoid(g[i]);
    const dv = flush(round(dy[i] * round(g[i] * s)));
    const slope = round(s * round(1 + round(g[i] * round(1 - s))));
    g[i] = flush(round(round(dy[i] * v[i]) * slope));
    v[i] = dv;
  }
}
