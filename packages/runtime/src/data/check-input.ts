import { type Layer, type Network, OptionError, type Pausable, type Shape } from '@gradloom/core';
import {
  allowedLengths,
  checkObject,
  lengthsProblem,
  sequenceOf,
  shapeText,
  show,
  showName,
  sizeOf,
} from '@gradloom/core/internal';
import { type DataMatrix, type Dataset, rowText } from './dataset.ts';

/**
 * Whether rows of one shape can be read as the other: the same axes but for those of length 1, or all numbers in one
 * axis. An image [28, 28, 1] is no [1, 28, 28] with its channels first.
 */
function isAlike(a: Shape, b: Shape): boolean {
  const [axesOfA, axesOfB] = [a, b].map((shape) => shape.filter((extent) => extent > 1));
  return axesOfA.length <= 1 || axesOfB.length <= 1 || show(axesOfA) === show(axesOfB);
}

/** Numbers between two pauses: well below a millisecond. */
export const NUMBERS_PER_TURN = 1 << 16;

/**
 * @throws OptionError if rows of the dataset do not have as many numbers as the network's input, whose shape they take,
 * or, for a network that begins with an embedding, contain a number that is not a valid index.
 */
export function* checkInput(where: string, network: Network, dataset: Dataset): Pausable<void> {
  checkObject(where, 'network', network, 'one that buildNetwork made');
  checkObject(where, 'dataset', dataset, 'a dataset');
  const { name, inputs } = dataset;
  checkObject(where, 'dataset.inputs', inputs, '{ array, columns, divisor }');
  const { columns } = inputs;
  if (columns !== network.inputs || !isAlike(network.input, inputs.shape ?? [columns])) {
    const inputsText = inputs.shape === undefined ? 'numbers per row' : 'a row';
    const problem = `has ${shapeText(network.input)}, expected ${rowText(inputs)} (${inputsText} of ${showName(name)})`;
    throw new OptionError(where, ['input', 'dataset'], problem, { about: "the network's input" });
  }
  if (dataset.lengths !== undefined) yield* checkLengths(where, network, dataset, dataset.lengths);
  // For rows in a file, the layer checks indices when it reads them.
  if (inputs.file !== undefined) return;
  for (const [k, { spec, layer }] of network.allLayers.entries()) {
    const range = spec.kind === 'embedding' ? columnsRead(network, k) : null;
    if (spec.kind === 'embedding' && range !== null) yield* checkIndices(where, dataset, spec.vocabulary, layer, range);
  }
}

/** @throws OptionError for a number in columns of the inputs that is not a valid index. */
function* checkIndices(
  where: string,
  { name, inputs: { array, columns, divisor, step = columns }, preprocessing }: Dataset,
  vocabulary: number,
  { label }: Pick<Layer, 'label'>,
  { start, end }: ColumnRange,
): Pausable<void> {
  const isWhole = start === 0 && end === columns; // windows of a text then share numbers
  for (let i = 0; i < array.length; i++) {
    const index = array[i] / divisor;
    if (i % NUMBERS_PER_TURN === 0) yield;
    if (index >= 0 && index < vocabulary && Number.isInteger(index)) continue;
    const column = i % step;
    if (!isWhole && (column < start || column >= end)) continue;
    let hint = divisor === 1 ? '' : `; its numbers are divided by ${divisor}: divisor=1 takes them as they are`;
    if (preprocessing !== undefined && isWhole)
      hint = '; the numbers of a table are scaled: --scale none takes them as they are';
    const range = `a whole number from 0 to ${vocabulary - 1}`;
    const problem = `has ${show(index)}, expected ${range} (of ${label}${hint})`;
    const about = `${showName(name)}: the index at row ${Math.floor(i / columns)}, place ${i % columns}`;
    throw new OptionError(where, ['layers', 'dataset'], problem, { about });
  }
}

type ColumnRange = { readonly start: number; readonly end: number };

/** The columns of a row that a layer reads as they are; null if it reads what other layers make of them. */
function columnsRead({ allLayers, inputs }: Network, k: number): ColumnRange | null {
  let [value] = allLayers[k].inputs;
  while (value > 0 && allLayers[value - 1].spec.kind === 'reshape') [value] = allLayers[value - 1].inputs;
  if (value === 0) return { start: 0, end: inputs };
  const { spec, layer, inputs: read } = allLayers[value - 1];
  if (spec.kind !== 'slice' || read[0] !== 0 || layer.in[0].length !== 1) return null;
  const { start = 0, step = 1 } = spec;
  if (typeof start !== 'number' || start < 0 || step !== 1) return null;
  return { start, end: start + sizeOf(layer.out) };
}

/** @throws OptionError for lengths that the parts of the network's rows cannot have. */
function* checkLengths(
  where: string,
  network: Network,
  { name, inputs }: Dataset,
  { array, columns, divisor }: DataMatrix,
): Pausable<void> {
  const { parts } = network.lengths;
  const fail = (problem: string, partText = ''): never => {
    throw new OptionError(where, ['layers', 'dataset'], problem, { about: `lengths${partText} of ${showName(name)}` });
  };
  if (columns !== parts.length) {
    const names = parts.length === 1 ? '' : ` (${parts.map(({ name }) => show(name)).join(', ')})`;
    fail(`has ${columns} a row, expected ${parts.length}${names}`);
  }
  if (columns === 1) {
    const T = sequenceOf(inputs.shape ?? [inputs.columns]);
    const misfit = T === null ? null : lengthsProblem(network, T);
    if (misfit !== null) fail(misfit);
    return; // as long as the rows of the dataset, which have been checked
  }
  const lengthsOfParts = parts.map((_, part) => allowedLengths(network, part));
  for (let i = 0; i < array.length; i++) {
    if (i % NUMBERS_PER_TURN === 0) yield;
    const { min, max, where: partText, expected } = lengthsOfParts[i % columns];
    const length = array[i] / divisor;
    if (length >= min && length <= max) continue;
    fail(`has ${show(length)} in row ${Math.floor(i / columns)}, expected ${expected}`, partText);
  }
}
