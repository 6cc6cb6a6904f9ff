import { activation } from './activation.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { embedding } from './embedding.ts';
import { layerNorm } from './layer-norm.ts';
import { residual } from './residual.ts';
import { swiglu } from './swiglu.ts';

/** Every kind of layer: one file and one word here. */
export const layers = { activation, dense, dropout, embedding, 'layer-norm': layerNorm, residual, swiglu };

export type LayerKind = keyof typeof layers;

/** JSON that rebuilds a layer in any thread, e.g. { kind: 'dense', in: 784, out: 128 }. */
export type LayerSpec = {
  [K in LayerKind]: { kind: K } & Parameters<(typeof layers)[K]>[0];
}[LayerKind];

export type { ActivationOptions } from './activation.ts';
export type { DenseOptions } from './dense.ts';
export type { DropoutOptions } from './dropout.ts';
export type { EmbeddingOptions } from './embedding.ts';
export { InputError } from './input-error.ts';
export type { Inspect } from './inspect.ts';
export type { Layer, Pass, Place, TensorSpec } from './layer.ts';
export type { LayerNormOptions } from './layer-norm.ts';
export { type LayerMemory, noMemory, type StackMemory } from './memory.ts';
export { type PlacedLayer, placeLayers } from './placed-layer.ts';
export type { ResidualOptions } from './residual.ts';
export { backwardStack, createStackMemory, forwardStack } from './stack.ts';
export type { SwigluOptions } from './swiglu.ts';
