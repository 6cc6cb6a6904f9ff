import type { Network, Pass } from '@gradloom/core';
import { noMemory, ops, passOf, sizeOf } from '@gradloom/core/internal';

const blank = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);

/**
 * Emits the passes of a network with an array of its own for every value and gradient, full of NaN. Returns the
 * gradient by the inputs; null if no layer has one.
 */
export function emitUnshared(
  { layers, allLayers }: Pick<Network, 'layers' | 'allLayers'>,
  x: Float64Array, // [B, inputs]
  theta: readonly (readonly Float64Array[])[],
  gradients: readonly (readonly Float64Array[])[],
  B: number,
  leaves: number,
  pass: Pass,
  emitLoss: (dy: Float64Array, y: Float64Array) => void,
  needsInputGradient = true,
): Float64Array | null {
  const { emit } = pass;
  const share = { leaves, allocatePerLeaf: (width: number) => blank(leaves * width) };
  const memories = layers.map((layer) => layer.createMemory?.(B, blank, share) ?? noMemory);
  const values = [x];
  const inputsOf = (k: number) => allLayers[k].inputs.map((value) => values[value]);
  for (const [k, layer] of layers.entries()) {
    values.push(blank(B * sizeOf(layer.out)));
    layer.forward(values[k + 1], inputsOf(k), theta[k], B, passOf(pass, allLayers[k]), memories[k]);
  }
  const y = values[values.length - 1];
  // Of a value that several layers read: ((the last + the one before) + …) + the first.
  const gradientOf: (Float64Array | null)[] = values.map(() => null);
  const outputGradient = blank(y.length);
  gradientOf[layers.length] = outputGradient;
  emitLoss(outputGradient, y);
  for (let k = layers.length - 1; k >= 0; k--) {
    const layer = layers[k];
    const dy = gradientOf[k + 1];
    if (dy === null) continue;
    const { inputs } = allLayers[k];
    const dxs = layer.in.map((shape, i) => (inputs[i] > 0 || needsInputGradient ? blank(B * sizeOf(shape)) : null));
    const copy = blank(dy.length); // since a layer may overwrite it
    emit(ops.copy, copy, dy, dy.length);
    if (layer.passesGradient !== true) {
      const ofLayer = passOf(pass, allLayers[k]);
      layer.backward(dxs, copy, inputsOf(k), values[k + 1], theta[k], gradients[k], B, ofLayer, memories[k]);
    }
    for (const [i, value] of inputs.entries()) {
      const later = gradientOf[value];
      const dx = layer.passesGradient === true ? copy : dxs[i];
      if (dx === null || (value === 0 && !needsInputGradient)) continue;
      const sum = later === null ? dx : blank(later.length);
      if (later !== null) emit(ops.plus, sum, later, dx, later.length);
      gradientOf[value] = sum;
    }
  }
  return gradientOf[0];
}
