import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { LayerSpec } from '@gradloom/core';

/** Only the used part is declared: the package is not installed when types are checked. */
export interface Tensor {
  readonly shape: readonly number[];
  dispose(): void;
  dataSync(): Float32Array;
}
export interface Tf {
  version: { tfjs: string };
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  variable(value: Tensor): Tensor;
  slice(x: Tensor, begin: number[], size: number[]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  dropout(x: Tensor, rate: number): Tensor;
  mean(x: Tensor, axes: readonly number[]): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, axes: readonly number[]): Tensor;
  maxPool(x: Tensor, size: number, stride: number, padding: 'valid'): Tensor;
  conv2d(x: Tensor, W: Tensor, stride: number, padding: number): Tensor;
  depthwiseConv2d(x: Tensor, W: Tensor, stride: number, padding: number): Tensor;
  conv2dTranspose(dy: Tensor, W: Tensor, shape: readonly number[], stride: number, padding: number): Tensor;
  customGrad(
    f: (x: Tensor, W: Tensor, save: (saved: Tensor[]) => void) => Differentiable,
  ): (x: Tensor, W: Tensor) => Tensor;
  tidy<T>(f: () => T): T;
  losses: { softmaxCrossEntropy(t: Tensor, y: Tensor): Tensor; meanSquaredError(t: Tensor, y: Tensor): Tensor };
  train: { adam(lr: number, beta1: number, beta2: number, epsilon: number): Optimizer; sgd(lr: number): Optimizer };
}
interface Differentiable {
  value: Tensor;
  gradFunc(dy: Tensor, saved: Tensor[]): Tensor[];
}
interface Optimizer {
  minimize(f: () => Tensor, returnCost: boolean, variables: Tensor[]): Tensor | null;
}

export async function loadTfjs(backend: string): Promise<Tf> {
  const require = createRequire(import.meta.url);
  const tf: Tf = require('@tensorflow/tfjs');
  if (backend === 'wasm') {
    const wasm: { setWasmPaths(folder: string): void } = require('@tensorflow/tfjs-backend-wasm');
    wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  }
  await tf.setBackend(backend);
  await tf.ready();
  return tf;
}

/** One line for a run's output. */
export const aboutTfjs = (tf: Tf, backend: string): string =>
  `tfjs ${tf.version.tfjs}, ${backend}, one thread under Node, float32`;

/** y = x * W. */
type Convolution = (x: Tensor, W: Tensor, layer: Extract<LayerSpec, { kind: 'conv2d' }>) => Tensor;

/** Outputs of a batch. `weights`: W and b of each layer that has weights. */
export function forwardPass(
  tf: Tf,
  layers: readonly LayerSpec[],
  weights: readonly Tensor[],
  batchX: Tensor,
  convolution: Convolution,
): Tensor {
  let [y, next] = [batchX, 0];
  for (const layer of layers) {
    if (layer.kind === 'dense') y = tf.add(tf.matMul(y, weights[next++]), weights[next++]);
    else if (layer.kind === 'conv2d') y = tf.add(convolution(y, weights[next++], layer), weights[next++]);
    else if (layer.kind === 'activation') y = layer.fn === 'sigmoid' ? tf.sigmoid(y) : tf.relu(y);
    else if (layer.kind === 'max-pool') y = tf.maxPool(y, Number(layer.size), Number(layer.size), 'valid');
    else if (layer.kind === 'global-avg-pool') y = tf.mean(y, [1, 2]);
    else if (layer.kind === 'flatten') y = tf.reshape(y, [y.shape[0], -1]);
    else if (layer.kind === 'dropout') y = tf.dropout(y, layer.rate);
    else throw new Error(`tfjs: ${layer.kind} is not written here`);
  }
  return y;
}
