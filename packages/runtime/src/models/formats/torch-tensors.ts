import type { Elements, LayerKind, Network } from '@gradloom/core';

/** A tensor of a network as PyTorch's `nn.Sequential` of the same layers has it. */
export interface TorchTensor {
  readonly name: string; // '0.weight'; inside of a residual block '3.layers.0.weight'
  readonly shape: readonly number[]; // PyTorch's shape
  readonly axes: readonly number[]; // extents of the axes here
  readonly order: readonly number[]; // the axes here in PyTorch's order
  readonly offset: number; // index in the parameter vector
  readonly length: number;
  readonly layer: string; // for errors: 'dense(4->3)'
}

const weight = 'weight';
const norm = { gamma: weight, beta: 'bias' };
const affine = { W: weight, b: 'bias' };

/** PyTorch's tensor names for each kind of layer. SwiGLU, which PyTorch lacks, has two `nn.Linear`. */
const names: Readonly<Record<LayerKind, Readonly<Record<string, string>>>> = {
  activation: {},
  'batch-norm': { ...norm, runningMean: 'running_mean', runningVariance: 'running_var' },
  conv1d: affine,
  conv2d: affine,
  dense: affine,
  dropout: {},
  embedding: { E: weight },
  'layer-norm': norm,
  residual: {},
  swiglu: { Wg: 'gate.weight', bg: 'gate.bias', Wv: 'value.weight', bv: 'value.bias' },
};

/** Weights of products: x · W here, x · Wᵀ in PyTorch. */
const products = new Set(['W', 'Wg', 'Wv']);

/** The tensors of a network in parameter order. */
export function torchTensors(network: Network): TorchTensor[] {
  const shapes = new Map(network.tensors.map(({ offset, shape }) => [offset, shape]));
  return network.places.flatMap(({ path, layer, spec, tensors }) =>
    tensors.map(({ name, offset, length }) => {
      const { [spec.kind as LayerKind]: known = {} } = names;
      const axes = shapes.get(offset) ?? [length];
      const here = axes.map((_, axis) => axis);
      // Tensors of custom layers keep their layout. A window [ky, kx, C, O] is [O, C, ky, kx] in PyTorch.
      const isProduct = known[name] !== undefined && products.has(name);
      const order = isProduct ? [...here.slice(-2).reverse(), ...here.slice(0, -2)] : here;
      return {
        // '3.1' is in the layers of block 3; '3.shortcut.0' names its branch.
        name: `${path.replace(/(?<=\d)\.(?=\d)/g, '.layers.')}.${known[name] ?? name}`,
        shape: order.map((axis) => axes[axis]),
        ...{ axes, order, offset, length, layer: layer.label },
      };
    }),
  );
}

/** Writes a tensor as PyTorch has it, row-major. Overwrites `out`. */
export function toTorch(out: Elements, own: ArrayLike<number>, tensor: TorchTensor): void {
  forEachPair(tensor, (here, there) => {
    out[there] = own[here];
  });
}

/** Writes a tensor of PyTorch as it is here. Overwrites `own`. */
export function fromTorch(own: Elements, numbers: ArrayLike<number>, tensor: TorchTensor): void {
  forEachPair(tensor, (here, there) => {
    own[here] = numbers[there];
  });
}

/** Calls `pair` with the index of each number here and in PyTorch. */
function forEachPair({ axes, order }: TorchTensor, pair: (here: number, there: number) => void): void {
  const strides = axes.map((_, axis) => axes.slice(axis + 1).reduce((product, extent) => product * extent, 1));
  let there = 0;
  const walk = (depth: number, here: number): void => {
    const axis = order[depth];
    if (depth === order.length - 1) {
      for (let i = 0; i < axes[axis]; i++) pair(here + i * strides[axis], there++);
      return;
    }
    for (let i = 0; i < axes[axis]; i++) walk(depth + 1, here + i * strides[axis]);
  };
  walk(0, 0);
}

/** Whether a tensor is PyTorch's batch count of a batch norm, which is not needed here. */
export const isCounter = (name: string): boolean => /(^|\.)num_batches_tracked$/.test(name);
