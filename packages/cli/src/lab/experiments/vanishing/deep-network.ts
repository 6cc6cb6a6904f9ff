import type { InitializerSpec, LayerSpec, NetworkSpec } from '@gradloom/core';
import type { ActivationSpec } from '../../../options/activation.ts';
import type { Norm } from './activation-list.ts';

/** Networks that differ only in their activation. */
export interface DeepShape {
  readonly input: number;
  readonly hidden: readonly number[]; // widths
  readonly output: number;
  readonly init: InitializerSpec | ((fanIn: number) => InitializerSpec);
  readonly biasInit?: InitializerSpec; // default zeros
  readonly norm?: Norm; // before every activation of a hidden layer
}

/** Hidden layers, each dense, the norm if there is one, and activation; then a dense output. */
export function deepNetwork(shape: DeepShape, activation: ActivationSpec, atOutput?: ActivationSpec): NetworkSpec {
  const { input, hidden, output, init, biasInit, norm } = shape;
  const layers: LayerSpec[] = [];
  let width = input;
  const add = (out: number): void => {
    const own = typeof init === 'function' ? init(width) : init;
    layers.push({ kind: 'dense', out, init: own, ...(biasInit === undefined ? {} : { biasInit }) });
    width = out;
  };
  for (const out of hidden) {
    add(out);
    if (norm !== undefined) layers.push({ kind: norm });
    layers.push(layerOf(activation));
  }
  add(output);
  if (atOutput !== undefined) layers.push(layerOf(atOutput));
  return { input, layers };
}

const layerOf = ({ kind, ...options }: ActivationSpec): LayerSpec => ({ ...options, kind: 'activation', fn: kind });
