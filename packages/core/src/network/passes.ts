import type { Elements } from '../math/element-type.ts';
import { host } from '../program/op.ts';
import { ops } from '../program/ops/index.ts';
import type { Inspect, Layer, NextPass, Pass } from './layers/layer.ts';
import type { PassMemory } from './pass-memory.ts';
import type { PlacedLayer } from './placed-layer.ts';
import { type PassGraph, passesGradient } from './plan-memory.ts';
import { sizeOf } from './shape.ts';

/** Views of a vector of parameters: for each layer, for each tensor. */
export type Tensors = readonly (readonly Elements[])[];

/** Views of gradients in the same way; null for a layer in which nothing learns. */
export type Gradients = readonly (readonly Elements[] | null)[];

/** A memory and the inputs of its passes. */
type PassArrays = PassMemory & { readonly x: Elements }; // [rows, inputs]

/** The arrays that a layer reads. */
export const arraysOf = (values: readonly number[], { x, outputs }: PassArrays): Elements[] =>
  values.map((value) => (value === 0 ? x : outputs[value - 1]));

/** Emits a call of `inspect` for an array that was just written. */
function emitInspect(
  { emit }: Pass,
  inspect: Inspect | undefined,
  phase: Parameters<Inspect>[0],
  layer: Layer,
  rows: Elements,
  n: number,
): void {
  if (inspect !== undefined) emit(host, () => void inspect(phase, layer, rows, n));
}

/** The pass as a layer gets it: a layer that reads lengths gets those of each of its inputs. */
export const passOf = <P extends Pass>(pass: P, { lengths }: Pick<PlacedLayer, 'lengths'>): P =>
  lengths === undefined ? pass : { ...pass, lengths: lengths.map((index) => pass.lengths[index]) };

/** Emits the forward pass of the first B rows of `x`. Returns the array of outputs [B, O]. */
export function emitForward(
  { allLayers }: PassGraph,
  memory: PassArrays,
  parameters: Tensors,
  B: number,
  pass: Pass,
  inspect?: Inspect,
): Elements {
  const { outputs, memories } = memory;
  for (const [k, placedLayer] of allLayers.entries()) {
    const { layer, inputs } = placedLayer;
    layer.forward(outputs[k], arraysOf(inputs, memory), parameters[k], B, passOf(pass, placedLayer), memories[k]);
    emitInspect(pass, inspect, 'forward', layer, outputs[k], B * sizeOf(layer.out));
  }
  return outputs[outputs.length - 1];
}

/** Emits the forward pass of further positions, by layers that all can go on. Returns the array of their outputs. */
export function emitNextPositions(
  { allLayers }: PassGraph,
  memory: PassArrays, // x [n, in of a position]
  parameters: Tensors,
  pass: NextPass,
): Elements {
  const { outputs, memories } = memory;
  for (const [k, placedLayer] of allLayers.entries()) {
    const xs = arraysOf(placedLayer.inputs, memory);
    placedLayer.layer.forwardNext?.(outputs[k], xs, parameters[k], passOf(pass, placedLayer), memories[k]);
  }
  return outputs[outputs.length - 1];
}

/**
 * Emits the backward pass from the gradient by the outputs, as far as anything needs a gradient. Overwrites every array
 * of `gradients`; null: no gradient of a tensor is needed.
 */
export function emitBackward(
  { allLayers }: PassGraph,
  memory: PassArrays,
  parameters: Tensors,
  gradients: Gradients | null,
  B: number,
  pass: Pass,
  inspect?: Inspect,
): void {
  const { outputs, memories, outputGradient, backward } = memory;
  const last = allLayers[allLayers.length - 1].layer;
  emitInspect(pass, inspect, 'loss', last, outputGradient, B * sizeOf(last.out));
  for (const { index, dy, sourceOfDy, dxs, sums } of backward) {
    const { layer, inputs } = allLayers[index];
    const size = sizeOf(layer.out);
    if (sourceOfDy !== null) pass.emit(ops.copy, dy, sourceOfDy, B * size);
    emitInspect(pass, inspect, 'gradient', layer, dy, B * size);
    if (!passesGradient(layer)) {
      const xs = arraysOf(inputs, memory);
      const layerGradients = gradients?.[index] ?? null;
      const layerPass = passOf(pass, allLayers[index]);
      layer.backward(dxs, dy, xs, outputs[index], parameters[index], layerGradients, B, layerPass, memories[index]);
    }
    for (const [i, dx] of dxs.entries()) {
      if (dx !== null) emitInspect(pass, inspect, 'backward', layer, dx, B * sizeOf(layer.in[i]));
    }
    for (const { sum, later, earlier, size } of sums) pass.emit(ops.plus, sum, later, earlier, B * size);
  }
}
