import type { Loss, Network } from '@gradloom/core';
import { checkDataset } from './check-dataset.ts';
import type { Dataset } from './dataset.ts';
import { gatherRows } from './gather.ts';

/**
 * The targets of `count` rows as the loss wants them. Classes become one number a row where the loss takes an index,
 * else one-hot rows, or the class itself where the network has one output. Overwrites `out`.
 */
export function gatherTargets(
  out: Float64Array, // [count, columns] out
  dataset: Dataset,
  columns: number,
  targets: Loss['targets'],
  order: Uint32Array | null, // [N], null: the order of the file
  first: number,
  count: number,
): void {
  gatherRows(out, dataset.targets, order, first, count);
  if (dataset.classes === null || targets === 'classes' || columns === 1) return;
  // The indices lie packed at the front of `out`; spread from the last row on, none is overwritten before it is read.
  for (let n = count - 1; n >= 0; n--) {
    const label = out[n];
    out.fill(0, n * columns, (n + 1) * columns);
    out[n * columns + label] = 1;
  }
}

/** @throws Error where the dataset's parts do not fit each other, or the network's input, its output or the loss. */
export function checkFit(where: string, network: Network, loss: Loss, dataset: Dataset): void {
  const { name, inputs, targets, classes } = dataset;
  checkDataset(`${where}: ${name}`, dataset);
  const fail = (what: string, actual: number | string, expected: number | string, why: string): never => {
    throw new Error(`${where}: ${what} has ${actual}, expected ${expected} (${why})`);
  };
  if (inputs.columns !== network.input) {
    fail("the network's input", network.input, inputs.columns, `numbers a row of ${name}`);
  }
  if (loss.targets === 'classes') {
    if (classes === null) {
      fail(`the target of ${name}`, 'values', 'class indices', `loss ${loss.name}; mse takes values`);
    } else if (network.output !== classes) {
      fail("the network's output", network.output, classes, `classes of ${name}`);
    }
  } else if (classes !== null) {
    const fits = network.output === classes || (classes === 2 && network.output === 1);
    if (!fits) fail("the network's output", network.output, classes, `classes of ${name}`);
  } else if (targets.columns !== network.output) {
    fail("the network's output", network.output, targets.columns, `numbers a target of ${name}`);
  }
}
