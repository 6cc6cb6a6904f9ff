import { siluSlope } from './activations';
import { flush } from './flush';
import { LANES, loadRest, storeRest, times } from './lanes';
import { sigmoid } from './sigmoid';

/** y[i] = g · σ(g) · v, as in src/program/reference/gate.ts. Overwrites `y`. */
export function gateForward(y: usize, g: usize, v: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, y += 16, g += 16, v += 16) store<v128>(y, gated(load<v128>(g), load<v128>(v)));
  if (n > 0) storeRest(y, gated(loadRest(g, n), loadRest(v, n)), n);
}

@inline function gated(g: v128, v: v128): v128 {
  return times(times(g, sigmoid(g)), v);
}

/** dg = dy · v · σ(g) · (1 + g · (1 - σ(g))) and dv = dy · g · σ(g). Overwrites `g` with dg and `v` with dv. */
export function gateBackward(g: usize, v: usize, dy: usize, n: i32): void {
  for (; n >= LANES; n -= LANES, g += 16, v += 16, dy += 16) {
    const gate = load<v128>(g);
    const d = load<v128>(dy);
    const s = sigmoid(gate);
    store<v128>(g, gradientOfGate(d, load<v128>(v), gate, s));
    store<v128>(v, gradientOfValue(d, gate, s));
  }
  if (n > 0) {
    const gate = loadRest(g, n);
    const d = loadRest(dy, n);
    const s = sigmoid(gate);
    storeRest(g, gradientOfGate(d, loadRest(v, n), gate, s), n);
    storeRest(v, gradientOfValue(d, gate, s), n);
  }
}

@inline function gradientOfGate(d: v128, v: v128, g: v128, s: v128): v128 {
  return flush<v128>(times(times(d, v), siluSlope(g, s)));
}

@inline function gradientOfValue(d: v128, g: v128, s: v128): v128 {
  return flush<v128>(times(d, times(g, s)));
}
