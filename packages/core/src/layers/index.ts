import { activation } from './activation.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';

/** Every kind of layer: one file and one word here. */
export const layers = { activation, dense, dropout };

export type LayerKind = keyof typeof layers;

/** JSON that rebuilds a layer in any thread, e.g. { kind: 'dense', in: 784, out: 128 }. */
export type LayerSpec = {
  [K in LayerKind]: { kind: K } & Parameters<(typeof layers)[K]>[0];
}[LayerKind];

export type { ActivationOptions } from './activation.ts';
export type { DenseOptions } from './dense.ts';
export type { DropoutOptions } from './dropout.ts';
export type { Layer, Pass, Place, TensorSpec } from './layer.ts';
