import { OptionError } from '../../checks/option-error.ts';
import {
  checkedBy,
  defineOptions,
  kind,
  layerPatterns,
  type OptionsOf,
  positive,
  positiveInteger,
} from '../../checks/options/index.ts';
import { listed } from '../../checks/show.ts';
import type { Elements } from '../../math/element-type.ts';
import { type ProductShape, viewOf } from '../../math/scratch.ts';
import type { ConvolutionGeometry } from '../../math/windows.ts';
import type { Emit, Op } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { channelsOf, positionsOf, type Shape, sizeOf } from '../shape.ts';
import { geometryOf } from './dense.ts';
import { initializedTensor } from './initialized-tensor.ts';
import type { Layer, Pass, TensorSpec } from './layer.ts';
import { type LayerMemory, noMemory } from './memory.ts';

export const loraOptions = defineOptions('lora', {
  /** Rank r. @default 8, as in PEFT */
  rank: positiveInteger(8),
  /** α: the additions count by α / r. @default 8, as in PEFT */
  alpha: positive(8),
});

/** Options of low-rank additions. */
export interface LoraOptions extends OptionsOf<typeof loraOptions.table> {}

/** A rank, or an object of options. */
export const loraOption = checkedBy(
  'a rank of at least 1, or an object such as { rank: 8, alpha: 16 }',
  (value): value is number | LoraOptions => positiveInteger.isValid(value) || (typeof value === 'object' && !!value),
);

const networkLoraTable = {
  ...loraOptions.table,
  /** Names or paths of layers, in which * stands for any characters. @default all that take additions */
  layers: layerPatterns(),
};

/** Low-rank additions to the layers of a network. */
export interface NetworkLora extends OptionsOf<typeof networkLoraTable> {}

/** The option with these: a rank, or an object. */
export const networkLora = kind<number | NetworkLora>((where, name, value) => {
  const requested = loraOption.check(where, name, value);
  const { layers, ...lora } = defineOptions(where, networkLoraTable, name).read(
    typeof requested === 'number' ? { rank: requested } : requested,
  );
  return layers === undefined ? lora : { ...lora, layers };
});

/** The weights that take additions, by kind of layer. */
const adaptedWeights: Readonly<Record<string, readonly string[]>> = {
  conv1d: ['W'],
  conv2d: ['W'],
  'cross-attention': ['Wq', 'Wkv', 'Wo'],
  dense: ['W'],
  'self-attention': ['Wqkv', 'Wo'],
  swiglu: ['Wg', 'Wv'],
};

/** The layers that take additions, for messages. */
export const LORA_LAYERS = `a layer with weights of its own, not in groups: ${listed(Object.keys(adaptedWeights))}`;

/** A weight matrix W [I, O] of a layer, that of windows [..., C, O] too, and the indices of its tensors. */
interface Addition {
  readonly W: number;
  readonly A: number; // [I, r], of windows [..., C, r]
  readonly B: number; // [r, O]
}

/** The rank and the scale α / r of additions. @throws OptionError for other options. */
export function readLora(
  where: string,
  value: number | LoraOptions,
): { readonly rank: number; readonly scale: number } {
  const requested = loraOption.check(where, 'lora', value);
  const { rank, alpha } = loraOptions.read(typeof requested === 'number' ? { rank: requested } : requested);
  return { rank, scale: alpha / rank };
}

/** The additions of a layer before it has any; none if it is of a kind that cannot have them. */
function additionsOf(kind: string, { tensors, products = [] }: Layer): readonly Addition[] {
  const names = Object.hasOwn(adaptedWeights, kind) ? adaptedWeights[kind] : [];
  const hasGroups = products.some(([, , geometry]) => typeof geometry === 'object' && geometry.groups > 1);
  const weights = tensors.flatMap(({ name, tiedTo }, k) => (names.includes(name) && tiedTo === undefined ? [k] : []));
  const first = tensors.length;
  return hasGroups ? [] : weights.map((W, a) => ({ W, A: first + 2 * a, B: first + 2 * a + 1 }));
}

/** Whether a layer of a kind has weights that take additions. */
export const takesLora = (kind: string, layer: Layer): boolean => additionsOf(kind, layer).length > 0;

/** The name of a tensor that is added to weights: 'Wqkv.loraA'. */
export const loraName = (weight: string, factor: 'A' | 'B'): string => `${weight}.lora${factor}`;

/** Whether a tensor is the A or B of an addition. */
export const isLora = (name: string): boolean => /[.]lora[AB]$/.test(name);

/**
 * The layer with x · A · B · α / r added to each product x · W, where A [I, r] and B [r, O] learn and all tensors of
 * the layer are constants. A is drawn from [-1/√I, 1/√I) and B is 0, so the outputs are at first those of the layer. A
 * window is a product, too: A is then a convolution with r channels. [Hu et al.
 * 2021](https://arxiv.org/abs/2106.09685), initialized as in [PEFT](https://huggingface.co/docs/peft). Each product of
 * the layer's passes is one operation on its weights, after which those of the additions are emitted; so no kind of
 * layer knows of them.
 * @throws OptionError for a layer without such weights.
 */
export function withLora(kind: string, layer: Layer, value: number | LoraOptions): Layer {
  const { rank: r, scale } = readLora(kind, value);
  const additions = additionsOf(kind, layer);
  if (additions.length === 0) {
    throw new OptionError(kind, 'lora', `is given for ${layer.label}, expected ${LORA_LAYERS}`);
  }
  const outputsOf = ({ W }: Addition) => channelsOf(layer.tensors[W].shape);
  const width = additions.reduce((max, addition) => Math.max(max, outputsOf(addition)), Math.max(r, widest(layer.in)));
  const positions = [...layer.in, layer.out].reduce((max, shape) => Math.max(max, positionsOf(shape)), 1);
  const arrayCount = 4 + 2 * additions.length;

  /** The weights and the pass that the layer gets: after each of its products, those of the additions are emitted. */
  function adapt<P extends Pass>(
    pass: P,
    parameters: readonly Elements[],
    { arrays }: LayerMemory,
    gradients: readonly Elements[] = [],
  ): [weights: readonly Elements[], pass: P] {
    const { emit } = pass;
    const [sum, zeros, scales, unused, ...products] = arrays.slice(-arrayCount);
    emit(ops.fill, zeros, 0, width);
    emit(ops.fill, scales, scale, r);
    // A view of its own tells by which weights a product is.
    const weights = layer.tensors.map((_, k) => viewOf(parameters[k], 0, parameters[k].length));
    const find = (tensors: readonly Elements[], tensor: unknown) => {
      const a = additions.findIndex(({ W }) => tensors[W] === tensor);
      if (a === -1) return null;
      const { A, B } = additions[a];
      const [xA, dxA] = products.slice(2 * a); // x · A and the gradient by it, both times the scale
      const O = outputsOf(additions[a]);
      return { A: parameters[A], B: parameters[B], dA: gradients[A], dB: gradients[B], xA, dxA, O };
    };
    type Product = NonNullable<ReturnType<typeof find>>;

    const emitOutputs = ({ xA, B, O }: Product, y: Elements, N: number) => {
      emit(ops.multiplyRow, xA, xA, scales, N, r);
      emit(ops.affine, sum, xA, B, zeros, N, r, O, O);
      emit(ops.add, y, sum, N * O);
    };
    const emitInnerGradient = ({ dxA, B, O }: Product, dy: Elements, N: number) => {
      emit(ops.affineBackwardInput, dxA, dy, B, N, r, O);
      emit(ops.multiplyRow, dxA, dxA, scales, N, r);
    };
    const hasGradients = gradients.length > 0;
    function emitAdapted(op: Op<readonly unknown[]>, ...args: readonly unknown[]): void {
      const isOf = <Args extends readonly unknown[]>(other: Op<Args>, _args: readonly unknown[]): _args is Args =>
        op.name === other.name;
      if (isOf(ops.affineBackwardWeights, args)) {
        const [dW, , x, dy, N, leafRows, accumulate, I] = args;
        const product = find(gradients, dW);
        if (product === null) {
          emit(op, ...args);
          return;
        }
        const { dA, dB, xA, dxA, O } = product;
        emitInnerGradient(product, dy, N);
        emit(ops.affineBackwardWeights, dA, unused, x, dxA, N, leafRows, accumulate, I, r);
        emit(ops.affineBackwardWeights, dB, unused, xA, dy, N, leafRows, accumulate, r, O);
        return;
      }
      if (isOf(ops.convBackwardWeights, args)) {
        const [dW, , x, dy, B, accumulate, geometry] = args;
        const product = find(gradients, dW);
        if (product === null) {
          emit(op, ...args);
          return;
        }
        const { dA, dB, xA, dxA, O } = product;
        const R = windowsOf(geometry);
        emitInnerGradient(product, dy, B * R);
        emit(ops.convBackwardWeights, dA, unused, x, dxA, B, accumulate, { ...geometry, O: r });
        emit(ops.convBackwardWeights, dB, unused, xA, dy, B, accumulate, geometryOf(R, r, O));
        return;
      }
      emit(op, ...args);
      const product = find(weights, args[2]);
      if (product === null) return;
      const { A, xA, dxA } = product;
      if (isOf(ops.affine, args)) {
        const [y, x, , , N, I] = args;
        emit(ops.affine, xA, x, A, zeros, N, I, r, r);
        emitOutputs(product, y, N);
      } else if (isOf(ops.convForward, args)) {
        const [y, x, , , B, geometry] = args;
        emit(ops.convForward, xA, x, A, zeros, B, { ...geometry, O: r });
        emitOutputs(product, y, B * windowsOf(geometry));
      } else if (isOf(ops.affineBackwardInput, args)) {
        const [dx, dy, , N, I] = args;
        if (!hasGradients) emitInnerGradient(product, dy, N);
        emit(ops.affineBackwardInput, sum, dxA, A, N, I, r);
        emit(ops.add, dx, sum, N * I);
      } else if (isOf(ops.convBackwardInput, args)) {
        const [dx, dy, , B, geometry] = args;
        if (!hasGradients) emitInnerGradient(product, dy, B * windowsOf(geometry));
        emit(ops.convBackwardInput, sum, dxA, A, B, { ...geometry, O: r });
        emit(ops.add, dx, sum, B * geometry.height.inputs * geometry.width.inputs * geometry.C);
      }
    }
    return [weights, { ...pass, emit: emitAdapted as Emit }];
  }

  const { forwardNext } = layer;
  return {
    ...layer,
    label: layer.label.replace(/\)$/, `, lora ${r})`),
    tensors: [
      ...layer.tensors.map((tensor): TensorSpec => ({ ...tensor, isTrained: false, isFrozen: true })),
      ...additions.flatMap(({ W }) => factorsOf(layer.tensors[W], r)),
    ],
    products: [...(layer.products ?? []), ...(layer.products ?? []).flatMap((product) => innerProducts(product, r))],
    createMemory(rows, allocate, share) {
      const memory = layer.createMemory?.(rows, allocate, share) ?? noMemory;
      const { allocateForBackward = allocate } = share;
      const N = rows * positions;
      const scratch = [
        allocate(N * width), // what is added to y, and in the backward pass to dx
        allocate(width), // zeros in place of biases
        allocate(r), // the scale
        allocateForBackward(width), // unused gradients of biases
        ...additions.flatMap(() => [allocate(N * r), allocateForBackward(N * r)]),
      ];
      return { ...memory, arrays: [...memory.arrays, ...scratch] };
    },
    forward(y, xs, parameters, B, pass, memory) {
      const [weights, adaptedLayer] = adapt(pass, parameters, memory);
      layer.forward(y, xs, weights, B, adaptedLayer, memory);
    },
    ...(forwardNext && {
      forwardNext(y, xs, parameters, pass, memory) {
        const [weights, adaptedLayer] = adapt(pass, parameters, memory);
        forwardNext(y, xs, weights, adaptedLayer, memory);
      },
    }),
    backward(dxs, dy, xs, y, parameters, gradients, B, pass, memory) {
      const [weights, adaptedLayer] = adapt(pass, parameters, memory, gradients ?? []);
      layer.backward(dxs, dy, xs, y, weights, gradients, B, adaptedLayer, memory);
    },
  };
}

const widest = (shapes: readonly Shape[]): number => shapes.reduce((max, shape) => Math.max(max, channelsOf(shape)), 1);

const windowsOf = ({ height, width }: ConvolutionGeometry): number => height.outputs * width.outputs;

/** A and B for weights [..., C, O]. */
function factorsOf({ name, shape }: TensorSpec, r: number): TensorSpec[] {
  const [inputs, O] = [shape.slice(0, -1), channelsOf(shape)];
  const fanIn = sizeOf(inputs);
  const limit = 1 / Math.sqrt(fanIn); // he-uniform with a slope of √5, as PyTorch draws its linear layers
  return [
    initializedTensor(loraName(name, 'A'), [...inputs, r], { kind: 'uniform', low: -limit, high: limit }, [fanIn, r]),
    initializedTensor(loraName(name, 'B'), [r, O], 'zeros', [r, O]),
  ];
}

/** The shapes of the products of additions, from that of the weights. */
function innerProducts([I, O, kind]: ProductShape, r: number): ProductShape[] {
  if (kind === undefined)
    return [
      [I, r],
      [r, O],
    ];
  if (kind === 'attention') return [];
  return [
    [I, r, { ...kind, O: r }],
    [r, O],
    [r, O, geometryOf(windowsOf(kind), r, O)],
  ];
}

/** W + A · B · α / r, in double precision. Overwrites `W`. */
export function addLora(
  W: Elements, // [I, O] in and out
  A: Elements, // [I, r]
  B: Elements, // [r, O]
  lora: number | LoraOptions,
): void {
  const { rank: r, scale } = readLora('addLora', lora);
  const O = B.length / r;
  for (let k = 0; k < W.length; k++) {
    const [i, o] = [Math.floor(k / O), k % O];
    let sum = 0;
    for (let j = 0; j < r; j++) sum += A[i * r + j] * B[j * O + o];
    W[k] += scale * sum;
  }
}
