import type { Loss } from '../families/losses/loss.ts';
import type { Pausable } from '../math/pausable.ts';
import { createRandom } from '../math/random/index.ts';
import { viewOf } from '../math/scratch.ts';
import { sigmoid } from '../math/sigmoid.ts';
import { notPure, wrongSlope } from './compare-slopes.ts';

/** Rows and outputs of a row that are looked at. */
const ROWS = 8;
const OUTPUTS = 8;

/**
 * Compares the gradient of each of some rows with differences of its loss; and the loss and gradient of a row with
 * those that it has beside other rows, also where the gradient is written over the outputs, as in training.
 * @throws Error naming the output or the row.
 */
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
  const [outputs, gradients] = [new Float64Array(rows * O), new Float64Array(rows * O)];
  const values = new Float64Array(rows);
  for (let n = 0; n < rows; n++) {
    const target = viewOf(t, n * columns, columns);
    const y = viewOf(outputs, n * O, O);
    for (let o = 0; o < O; o++) y[o] = 1.5 * random.normal();
    // Some losses take only numbers between 0 and 1.
    if (!Number.isFinite(evaluate(y, target))) for (let o = 0; o < O; o++) y[o] = sigmoid(y[o]);
    values[n] = evaluate(y, target);
    const again = evaluate(y, target);
    if (!Object.is(values[n], again)) throw notPure(`loss ${loss.name}`, values[n], again);
    const gradient = viewOf(gradients, n * O, O);
    gradient.set(dy);
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
  const whole = viewOf(t, 0, rows * columns);
  const others = 'a row is y[n * O] to y[n * O + O - 1]';
  compareRows(new Float64Array(rows * O), 'beside other rows', others);
  compareRows(outputs, 'where dy is y', 'read an output before you write there');

  /** Compares rows at once, their gradients in `all`, with each alone. */
  function compareRows(all: Float64Array, how: string, why: string): void {
    const sums = new Float64Array(rows);
    loss.evaluate(sums, all, outputs, whole, rows, 1, O);
    const compare = (n: number, what: string, found: number, alone: number): void => {
      if (Object.is(found, alone)) return;
      const problem = `${what} of row ${n} has ${found} ${how} and ${alone} else, expected the same number (${why})`;
      throw new Error(`checkGradients: loss ${loss.name}: ${problem}`);
    };
    for (let n = 0; n < rows; n++) {
      compare(n, 'the value', sums[n], values[n]);
      for (let o = 0; o < O; o++) compare(n, `the gradient by output ${o}`, all[n * O + o], gradients[n * O + o]);
    }
  }
}
