import { OptionError } from '../checks/option-error.ts';
import { show } from '../checks/show.ts';
import type { HeadLoss, Loss } from '../families/losses/loss.ts';
import type { LayerSpec } from './layers/index.ts';
import type { Network, NetworkSpec } from './network.ts';
import { positionsOf, type Shape, sizeOf } from './shape.ts';

/** One of several outputs of a network: a part of a row of all. */
export interface Head {
  /** Name of the output. */
  readonly name: string;
  /** Shape of a row of it. */
  readonly shape: Shape;
  /** Where it begins in a row of all outputs. */
  readonly start: number;
  /** Its numbers in a row. */
  readonly size: number;
}

/** The outputs of a network with several; null for a network with one. */
export function headsOf({ allLayers }: Pick<Network, 'allLayers'>): readonly Head[] | null {
  const { spec, layer } = allLayers[allLayers.length - 1];
  if (spec.kind !== 'heads') return null;
  let end = 0;
  return spec.names.map((name, k) => {
    const [shape, start] = [layer.in[k], end];
    const size = sizeOf(shape);
    end += size;
    return { name, shape, start, size };
  });
}

/**
 * The network with an output for each of `sizes` in place of its one output: its last dense layer, with all layers
 * after it, becomes one for each, and all read what it read.
 * @throws OptionError for a network without a dense layer after its other layers.
 */
export function branchOutputs(
  { input, layers }: Pick<NetworkSpec, 'input' | 'layers'>,
  sizes: Readonly<Record<string, number>>,
): NetworkSpec {
  const k = layers.findLastIndex(({ kind }) => kind === 'dense');
  const last = layers[k];
  const isElementwise = layers.slice(k + 1).every(({ kind }) => kind === 'activation');
  if (last?.kind !== 'dense' || !isElementwise) {
    const problem = `ends in ${layers.at(-1)?.kind}, expected a dense layer, which can be one for each target`;
    throw new OptionError('network', ['network', 'layers'], problem, { about: 'the network' });
  }
  const { name: _, of = k === 0 ? 'input' : String(k - 1), ...output } = last;
  const heads = Object.values(sizes).flatMap((out): LayerSpec[] => [{ ...output, of, out }, ...layers.slice(k + 1)]);
  const names = Object.keys(sizes);
  const length = layers.length - k; // layers of each output
  const ends = names.map((_, n) => String(k - 1 + (n + 1) * length));
  return { input, layers: [...layers.slice(0, k), ...heads, { kind: 'heads', names, of: ends }] };
}

/** Columns of B rows of `width` numbers, as an array of their own. */
export function columnsOfRows(
  rows: Float64Array,
  B: number,
  width: number,
  first: number,
  columns: number,
): Float64Array {
  const numbers = new Float64Array(B * columns);
  for (let n = 0; n < B; n++) {
    for (let c = 0; c < columns; c++) numbers[n * columns + c] = rows[n * width + first + c];
  }
  return numbers;
}

/** An output of a network with its loss and its part of a row of targets. */
export interface HeadTask extends Head, HeadLoss {
  /** R: positions of a row that have a class each as target; 1 if the row has one class, or values. */
  readonly positions: number;
  /** Where its targets begin in a row of all targets. */
  readonly targetStart: number;
  /** Numbers of its targets in a row. */
  readonly targetColumns: number;
}

/**
 * The outputs of a network with their losses, in the order of the outputs; null for one loss, which takes all numbers
 * of a row as one output.
 * @throws OptionError unless each output has a loss.
 */
export function headTasks(network: Network, { heads: losses }: Loss): readonly HeadTask[] | null {
  if (losses === undefined) return null;
  const heads = headsOf(network);
  const list = (all: readonly { readonly name: string }[]) => all.map(({ name }) => show(name)).join(', ');
  const refuse = (problem: string): never => {
    throw new OptionError('network', ['loss', 'layers'], problem, { about: 'the loss' });
  };
  if (heads === null) return refuse(`has those of ${list(losses)}, expected one loss: the network has one output`);
  const unknown = losses.find(({ name }) => heads.every((head) => head.name !== name));
  if (unknown !== undefined) refuse(`has ${show(unknown.name)}, expected the outputs ${list(heads)}`);
  let end = 0;
  return heads.map((head) => {
    const headLoss = losses.find(({ name }) => name === head.name) ?? refuse(`has none for ${show(head.name)}`);
    const { targets } = headLoss.loss;
    const positions = targets === 'classes' ? positionsOf(head.shape) : 1;
    const targetStart = end;
    const targetColumns = targets === 'classes' ? positions : targets === 'none' ? 0 : head.size;
    end += targetColumns;
    return { ...head, ...headLoss, positions, targetStart, targetColumns };
  });
}
