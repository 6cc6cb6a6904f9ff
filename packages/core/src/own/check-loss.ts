import { viewOf } from '../backends/scratch.ts';
import { sigmoid } from '../math/sigmoid.ts';
import type { Loss } from '../model/losses/loss.ts';
import type { Pausable } from '../pausable.ts';
import { createRandom } from '../random/index.ts';
import { notPure, wrongSlope } from './compare-slopes.ts';

/** Rows and outputs of a row that are looked at. */
const ROWS = 8;
const OUTPUTS = 8;

/** Compares the gradient of each of some rows with differences of its loss. @throws Error naming the output. */
export function* checkLoss(
  loss: Loss,
  t: Float64Array, // [n, O], or [n]
  O: number,
): Pausable<void> {
  const random = createRandom(0, 'check-gradients');
  const columns = loss.targets === 'classes' ? 1 : O;
  const rows = Math.min(ROWS, t.length / columns);
  const [sum, dy] = [new Float64Array(1), new Float64Array(O)];
  const evaluate = (y: Float64Array, target: Float64Array): number => {
    loss.evaluate(sum, dy, y, target, 1, 1, O);
    return sum[0];
  };
  for (let n = 0; n < rows; n++) {
    const target = viewOf(t, n * columns, columns);
    const y = new Float64Array(O);
    for (let o = 0; o < O; o++) y[o] = 1.5 * random.normal();
    // Some losses take only numbers between 0 and 1.
    if (!Number.isFinite(evaluate(y, target))) for (let o = 0; o < O; o++) y[o] = sigmoid(y[o]);
    const first = evaluate(y, target);
    const again = evaluate(y, target);
    if (!Object.is(first, again)) throw notPure(`loss ${loss.name}`, first, again);
    const gradient = dy.slice();
    for (let o = 0; o < Math.min(O, OUTPUTS); o++) {
      const value = (at: number): number => {
        const moved = y.slice();
        moved[o] = at;
        return evaluate(moved, target);
      };
      const wrong = wrongSlope(value, y[o], gradient[o]);
      if (wrong === undefined) continue;
      const place = `at y = ${y[o].toPrecision(4)}, t = ${target[columns === 1 ? 0 : o]}`;
      throw new Error(`checkGradients: loss ${loss.name}: the gradient by output ${o} ${place} ${wrong}`);
    }
    yield;
  }
}
