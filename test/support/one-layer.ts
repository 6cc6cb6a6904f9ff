import {
  buildNetwork,
  initializeParameters,
  type LayerSpec,
  type NetworkSpec,
  type Pass,
  referenceKernels,
} from '@gradloom/core';
import { bindTensors, createLengths, createList, leafCount, runCalls, writeLengths } from '@gradloom/core/internal';
import { emitUnshared } from './unshared-passes.ts';

const blank = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);

export interface LayerRun {
  readonly y: Float64Array; // [B, O]
  readonly dx: Float64Array; // [B, I]
  readonly parameters: readonly Float64Array[];
  readonly gradients: readonly Float64Array[];
}

export interface LayerRunOptions {
  parameters?: readonly (readonly number[])[]; // one list per tensor; default: the layer's initialization from seed 1
  input?: readonly number[]; // shape of a row; default: one axis
  lengths?: readonly number[]; // real positions of each part of each row; default: all
  first?: boolean; // as the first layer, for which dx is not computed; default false
}

/** Forward and backward of one layer, or of a block, into arrays full of NaN. */
export const runLayer = (
  spec: LayerSpec,
  x: readonly (readonly number[])[], // [B][I]
  dy: (output: number) => number, // by index in [B, O]
  { input = [x[0].length], ...options }: LayerRunOptions = {},
): LayerRun => runNetwork({ input, layers: [spec] }, x, dy, options);

/** The same of all layers of a network. */
export function runNetwork(
  spec: NetworkSpec,
  x: readonly (readonly number[])[], // [B][I]
  dy: (output: number) => number, // by index in [B, O]
  { parameters, lengths, first = false }: Omit<LayerRunOptions, 'input'> = {},
): LayerRun {
  const B = x.length;
  const network = buildNetwork(spec);
  const start = new Float64Array(network.parameterCount);
  initializeParameters(network, start, 1);
  if (parameters !== undefined) start.set(parameters.flat());
  const rows = Float64Array.from(x.flat());
  const gradient = blank(start.length);
  const leafRows = 16;
  const leaves = leafCount(B, leafRows);
  const { calls, emit } = createList();
  const lengthArrays = createLengths(network, () => new Float64Array(B));
  writeLengths(lengthArrays, network, lengths, 0, B);
  const pass: Pass = {
    emit,
    training: true,
    seed: 1,
    leafRows,
    accumulate: false,
    batch: { rows: B, leaves, firstLeaf: 0 },
    stepAndRow: Float64Array.of(0, 0),
    lengths: lengthArrays,
  };
  const [theta, gradients] = [start, gradient].map((vector) => bindTensors(network, vector) as Float64Array[][]);
  let outputs: Float64Array = rows;
  const dx = emitUnshared(
    network,
    rows,
    theta,
    gradients,
    B,
    leaves,
    pass,
    (outputGradient, y) => {
      outputs = y;
      outputGradient.set(Float64Array.from(y, (_, o) => dy(o)));
    },
    !first,
  );
  runCalls(calls, referenceKernels);
  return { y: outputs, dx: dx ?? blank(rows.length), parameters: theta.flat(), gradients: gradients.flat() };
}
