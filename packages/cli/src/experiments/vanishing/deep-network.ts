import type { InitializerSpec, LayerSpec, NetworkSpec } from '@gradloom/core';
import type { ActivationSpec } from '../../options/activation.ts';

/** Networks that differ only in their activation. */
export interface DeepShape {
  readonly input: number;
  readonly hidden: readonly number[]; // widths
  readonly output: number;
  readonly init: InitializerSpec | ((fanIn: number) => InitializerSpec);
  readonly biasInit?: InitializerSpec; // default zeros
}

/** Hidden layers, each dense and activation, then a dense output: hidden layer h is layers 2h and 2h + 1, from 0. */
export function deepNetwork(shape: DeepShape, activation: ActivationSpec, atOutput?: ActivationSpec): NetworkSpec {
  const { input, hidden, output, init, biasInit } = shape;
  const layers: LayerSpec[] = [];
  let width = input;
  const add = (out: number): void => {
    const own = typeof init === 'function' ? init(width) : init;
    layers.push({ kind: 'dense', out, init: own, ...(biasInit === undefined ? {} : { biasInit }) });
    width = out;
  };
  for (const out of hidden) {
    add(out);
    layers.push(layerOf(activation));
  }
  add(output);
  if (atOutput !== undefined) layers.push(layerOf(atOutput));
  return { input, layers };
}

const layerOf = ({ kind, ...options }: ActivationSpec): LayerSpec => ({ ...options, kind: 'activation', fn: kind });
