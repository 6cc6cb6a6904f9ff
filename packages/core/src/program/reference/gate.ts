import type { Elements } from '../../element-type.ts';
import { flush } from '../../math/flush.ts';
import { sigmoid } from '../../math/sigmoid.ts';

/** y[i] = g[i] · σ(g[i]) · v[i]. Overwrites `y`. */
export function gateForward(
  y: Elements, // [n] out
  g: Elements, // [n]
  v: Elements, // [n]
  n: number,
): void {
  for (let i = 0; i < n; i++) y[i] = g[i] * sigmoid(g[i]) * v[i];
}

/** dg = dy · v · σ(g) · (1 + g · (1 - σ(g))) and dv = dy · g · σ(g). Overwrites `g` with dg and `v` with dv. */
export function gateBackward(
  g: Elements, // [n] in and out
  v: Elements, // [n] in and out
  dy: Elements, // [n]
  n: number,
): void {
  for (let i = 0; i < n; i++) {
    const s = sigmoid(g[i]);
    const dv = flush(dy[i] * (g[i] * s));
    g[i] = flush(dy[i] * v[i] * (s * (1 + g[i] * (1 - s))));
    v[i] = dv;
  }
}
