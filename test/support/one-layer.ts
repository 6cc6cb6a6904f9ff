import { buildNetwork, initializeParameters, type LayerSpec, type Pass, referenceKernels } from '@gradloom/core';
import { createList, leafCount, noMemory, runCalls, sizeOf, wholeLength } from '@gradloom/core/internal';

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
  lengths?: readonly number[]; // real positions of each row; default: all
  first?: boolean; // as the first layer, for which dx is not computed; default false
}

/** Forward and backward of one layer, into arrays full of NaN. */
export function runLayer(
  spec: LayerSpec,
  x: readonly (readonly number[])[], // [B][I]
  dy: (output: number) => number, // by index in [B, O]
  { parameters, input, lengths, first = false }: LayerRunOptions = {},
): LayerRun {
  const B = x.length;
  const network = buildNetwork({ input: input ?? x[0].length, layers: [spec] });
  const [layer] = network.layers;
  const start = new Float64Array(network.parameterCount);
  initializeParameters(network, start, 1);
  if (parameters !== undefined) start.set(parameters.flat());
  const views = (vector: Float64Array) =>
    network.tensors.map(({ offset, length }) => vector.subarray(offset, offset + length));
  const rows = Float64Array.from(x.flat());
  const run = {
    y: blank(B * sizeOf(layer.out)),
    dx: blank(rows.length),
    parameters: views(start),
    gradients: views(blank(start.length)),
  };
  const leaf = 16;
  const leaves = leafCount(B, leaf);
  const share = { leaves, allocatePerLeaf: (width: number) => blank(leaves * width) };
  const memory = layer.createMemory?.(B, blank, share) ?? noMemory;
  const { calls, emit } = createList();
  const settings = {
    training: true,
    seed: 1,
    leafRows: leaf,
    accumulate: false,
    batch: { rows: B, leaves, firstLeaf: 0 },
  };
  const whole = new Float64Array(B).fill(wholeLength(network));
  const real = lengths === undefined ? whole : Float64Array.from(lengths);
  const pass: Pass = { ...settings, emit, stepAndRow: Float64Array.of(0, 0), lengths: real };
  layer.forward(run.y, rows, run.parameters, B, pass, memory);
  const gradient = Float64Array.from(run.y, (_, o) => dy(o));
  layer.backward(first ? null : run.dx, gradient, rows, run.y, run.parameters, run.gradients, B, pass, memory);
  runCalls(calls, referenceKernels);
  return run;
}
