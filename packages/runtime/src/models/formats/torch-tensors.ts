import type { Elements, LayerKind, Network } from '@gradloom/core';

/** A tensor of a network as PyTorch's `nn.Sequential` of the same layers has it. */
export interface TorchTensor {
  readonly name: string; // '0.weight'; inside of a residual block '3.layers.0.weight'
  readonly shape: readonly number[]; // PyTorch's shape
  readonly isTransposed: boolean; // [O, I] in PyTorch, [I, O] here
  readonly offset: number; // index in the parameter vector
  readonly length: number;
  readonly layer: string; // for errors: 'dense(4->3)'
}

const weight = 'weight';
const norm = { gamma: weight, beta: 'bias' };

/** PyTorch's tensor names for each kind of layer. SwiGLU, which PyTorch lacks, has two `nn.Linear`. */
const names: Readonly<Record<LayerKind, Readonly<Record<string, string>>>> = {
  activation: {},
  'batch-norm': { ...norm, runningMean: 'running_mean', runningVariance: 'running_var' },
  dense: { W: weight, b: 'bias' },
  dropout: {},
  embedding: { E: weight },
  'layer-norm': norm,
  residual: {},
  swiglu: { Wg: 'gate.weight', bg: 'gate.bias', Wv: 'value.weight', bv: 'value.bias' },
};

/** Weights of products, which are transposed: x · W here, x · Wᵀ in PyTorch. */
const products = new Set(['W', 'Wg', 'Wv']);

/** The tensors of a network in parameter order. */
export function torchTensors(network: Network): TorchTensor[] {
  const shapes = new Map(network.tensors.map(({ offset, shape }) => [offset, shape]));
  return network.places.flatMap(({ path, layer, spec, tensors }) =>
    tensors.map(({ name, offset, length }) => {
      const { [spec.kind as LayerKind]: known = {} } = names;
      const shape = shapes.get(offset) ?? [length];
      // Tensors of custom layers keep their layout.
      const isTransposed = known[name] !== undefined && products.has(name);
      return {
        name: `${path.replaceAll('.', '.layers.')}.${known[name] ?? name}`,
        shape: isTransposed ? [...shape].reverse() : shape,
        isTransposed,
        offset,
        length,
        layer: layer.label,
      };
    }),
  );
}

/** Transposes W[I, O] to W[O, I], row-major. Overwrites `out`. */
export function transpose(
  out: Elements, // [O, I] out
  W: ArrayLike<number>, // [I, O]
  I: number,
  O: number,
): void {
  for (let i = 0; i < I; i++) for (let o = 0; o < O; o++) out[o * I + i] = W[i * O + o];
}

/** Whether a tensor is PyTorch's batch count of a batch norm, which is not needed here. */
export const isCounter = (name: string): boolean => /(^|\.)num_batches_tracked$/.test(name);
