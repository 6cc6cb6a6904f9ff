import { type Elements, type Loss, type Network, OptionError, type Pausable } from '@gradloom/core';
import { complete, record, show, showName, withinInTurns } from '@gradloom/core/internal';
import { checkDatasetInTurns } from './check-dataset.ts';
import type { Dataset } from './dataset.ts';
import { gatherRows, type RowReader } from './gather.ts';

/**
 * The targets of `count` rows as the loss wants them. Classes become one number a row where the loss takes an index,
 * else one-hot rows, or the class itself where the network has one output. Overwrites `out`.
 */
export function gatherTargets(
  out: Elements, // [count, columns] out
  dataset: Dataset,
  columns: number,
  targets: Loss['targets'],
  order: Uint32Array | null, // [N], null: the order of the file
  first: number,
  count: number,
  reader?: RowReader,
): void {
  gatherRows(out, dataset.targets, order, first, count, reader);
  if (dataset.classes === null || targets === 'classes' || columns === 1) return;
  // The indices lie packed at the front of `out`; spread from the last row on, none is overwritten before it is read.
  for (let n = count - 1; n >= 0; n--) {
    const label = out[n];
    out.fill(0, n * columns, (n + 1) * columns);
    out[n * columns + label] = 1;
  }
}

/**
 * @throws OptionError where the dataset's parts do not fit each other, or the network's input, its output or the loss.
 */
export const checkFit = (where: string, network: Network, loss: Loss, dataset: Dataset): void =>
  complete(checkFitInTurns(where, network, loss, dataset));

/** Likewise, with pauses. */
export function* checkFitInTurns(where: string, network: Network, loss: Loss, dataset: Dataset): Pausable<void> {
  const { name, targets, classes } = dataset;
  yield* withinInTurns('dataset', checkDatasetInTurns(`${where}: ${showName(name)}`, dataset));
  yield* checkInputInTurns(where, network, dataset);
  const failOutput = (expected: number, why: string): never => {
    const problem = `has ${network.output}, expected ${expected} (${why} of ${showName(name)})`;
    throw new OptionError(where, ['layers', 'dataset'], problem, { about: "the network's output" });
  };
  if (loss.targets === 'classes') {
    if (classes === null) {
      const problem = `has values, expected class indices for ${loss.name} (mse takes values)`;
      throw new OptionError(where, ['loss', 'dataset'], problem, { about: `the target of ${showName(name)}` });
    } else if (network.output !== classes) {
      failOutput(classes, 'classes');
    }
  } else if (classes !== null) {
    const fits = network.output === classes || (classes === 2 && network.output === 1);
    if (!fits) failOutput(classes, 'classes');
  } else if (targets.columns !== network.output) {
    failOutput(targets.columns, 'numbers per target');
  }
}

/**
 * @throws OptionError where a row of the dataset has more or fewer numbers than the network takes, or, where it begins
 * with an embedding, a number that is no index of it.
 */
export const checkInput = (where: string, network: Network, dataset: Dataset): void =>
  complete(checkInputInTurns(where, network, dataset));

/** Numbers between two pauses: well below a millisecond. */
const STRETCH = 1 << 16;

function* checkInputInTurns(where: string, network: Network, dataset: Dataset): Pausable<void> {
  record(where, 'network', network, 'one that buildNetwork made');
  record(where, 'dataset', dataset, 'a dataset');
  const { name, inputs, rows } = dataset;
  record(where, 'dataset.inputs', inputs, '{ array, columns, divisor }');
  const { array, columns, divisor } = inputs;
  if (columns !== network.input) {
    const problem = `has ${network.input}, expected ${columns} (numbers per row of ${showName(name)})`;
    throw new OptionError(where, ['input', 'dataset'], problem, { about: "the network's input" });
  }
  const [{ spec, layer }] = network.places;
  // Of rows in a file, the layer itself refuses such an index when it comes.
  if (spec.kind !== 'embedding' || inputs.file !== undefined) return;
  for (let i = 0; i < rows * columns; i++) {
    const index = array[i] / divisor;
    if (i % STRETCH === 0) yield;
    if (index >= 0 && index < spec.vocabulary && Number.isInteger(index)) continue;
    const scaled = '; the numbers of a table are scaled: --scale none takes them as they are';
    const hint =
      dataset.preprocessing !== undefined
        ? scaled
        : divisor === 1
          ? ''
          : `; its numbers are divided by ${divisor}: divisor=1 takes them as they are`;
    const range = `a whole number from 0 to ${spec.vocabulary - 1}`;
    const problem = `has ${show(index)}, expected ${range} (of ${layer.label}${hint})`;
    const about = `${showName(name)}: the index at row ${Math.floor(i / columns)}, place ${i % columns}`;
    throw new OptionError(where, ['layers', 'dataset'], problem, { about });
  }
}
