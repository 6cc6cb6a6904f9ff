import { flush } from './flush';
import { bytes, LANES, loadRest, loadRounded, splat, storeRest, times } from './lanes';

/**
 * lossSums = Σ w[n] · losses[n] over each leaf's rows, in doubles, and dy[n,o] = w[n] · dy[n,o], as in
 * src/program/reference/weigh-losses.ts. Overwrites `lossSums` and `dy`.
 */
export function weighLosses(
  lossSums: usize, dy: usize, losses: usize, w: usize, B: i32, leaf: i32, O: i32,
): void {
  const row = bytes(O);
  for (; B > 0; B -= leaf, lossSums += 8) {
    let total: f64 = 0;
    for (let n = min(B, leaf); n > 0; n--, dy += row, losses += 8, w += 8) {
      total += load<f64>(w) * load<f64>(losses);
      weighRow(dy, w, O);
    }
    store<f64>(lossSums, total);
  }
}

/** dy[o] = flush(w · dy[o]). Overwrites `dy`. */
function weighRow(dy: usize, w: usize, O: i32): void {
  const weights = splat<v128>(loadRounded(w));
  for (; O >= LANES; O -= LANES, dy += 16) store<v128>(dy, flush<v128>(times(weights, load<v128>(dy))));
  if (O > 0) storeRest(dy, flush<v128>(times(weights, loadRest(dy, O))), O);
}
