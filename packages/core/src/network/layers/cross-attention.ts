import { OptionError } from '../../checks/option-error.ts';
import {
  defineOptions,
  flag,
  fraction,
  type Named,
  type OptionsOf,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import { counted } from '../../checks/show.ts';
import { initializer } from '../../families/initializers/index.ts';
import type { Elements } from '../../math/element-type.ts';
import { ops } from '../../program/ops/index.ts';
import { emitBackwardWeights, positionProducts } from './dense.ts';
import { initializedTensor, rowOf, spreadMatrix } from './initialized-tensor.ts';
import type { Layer, Pass } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { attentionDropout, refuseHeads } from './self-attention.ts';
import { axesOf } from './windows.ts';

export const crossAttentionOptions = defineOptions('cross-attention', {
  /** Heads H. They share the C channels of the first value: each has C / H. */
  heads: required(positiveInteger),
  /** Whether a position reads only those of the second value up to its own. @default false */
  causal: flag(false),
  /** Probability that a weight of a position is set to 0 in training, in [0, 1). @default 0 */
  dropout: fraction(0),
  /** Whether the projections add bq [C], bkv [2 · C] and bo [C]. @default true */
  bias: flag(true),
  /** Whether there are projections; if not, q = x, (k, v) = memory [S, 2 · C] and y = A. @default true */
  projections: flag(true),
  /** Initializer of Wq [C, C], and of the keys and of the values [D, C] in Wkv. @default 'glorot-uniform' */
  init: initializer('glorot-uniform'),
  /** Initializer of Wo [C, C]. @default 'glorot-uniform' */
  outInit: initializer('glorot-uniform'),
  /** Initializer of the biases. @default 'zeros' */
  biasInit: initializer('zeros'),
});

/** Options of cross-attention. */
export interface CrossAttentionOptions extends OptionsOf<typeof crossAttentionOptions.table>, Named {}

/**
 * y = A · Wo + bo, where the positions [T, C] of a value read those [S, D] of a second one: `of: ['x', 'memory']`. A[t]
 * = Σ softmax(q[t] · k / √d) · v over the S positions, for each of H heads of d = C / H numbers, with q = x · Wq + bq
 * and (k, v) = memory · Wkv + bkv. Padding of the memory is not read; at that of x, y and dx are 0. Dropout scales the
 * weights that it keeps by 1 / (1 - rate), and its mask has S columns for each query of each head. [Vaswani et al.
 * 2017, §3.2](https://arxiv.org/abs/1706.03762)
 */
export function crossAttention(options: CrossAttentionOptions, { inputs, stream, customParts }: LayerContext): Layer {
  const {
    heads: H,
    causal,
    dropout,
    projections,
    init,
    outInit,
    biasInit,
    ...chosen
  } = crossAttentionOptions.read(options);
  const bias = projections && chosen.bias;
  if (inputs.length !== 2) {
    const expected = 'expected 2 (that whose positions read, and that which is read)';
    const problem = `has ${counted(inputs.length, 'value')}, ${expected}`;
    throw new OptionError('cross-attention', 'of', problem);
  }
  for (const shape of inputs) axesOf('cross-attention', shape, [1]);
  const [[T, C], [S, D]] = inputs;
  const d = C / H;
  refuseHeads('cross-attention', C, H);
  if (!projections && D !== 2 * C) {
    const expected = `expected ${2 * C} without projections (keys and then values for ${C} channels of queries)`;
    throw new OptionError('cross-attention', 'of', `has ${D} channels in its second value, ${expected}`);
  }
  const dropoutOf = attentionDropout(dropout, stream);
  const projected = projections ? 1 : 0; // factor of the sizes that only projections need

  const weights = (name: string, I: number, O: number, spec: typeof init) =>
    spreadMatrix(name, [I, O], spec, [I, C], customParts);
  const biases = (name: string, O: number) => initializedTensor(name, [O], biasInit, [C, O], customParts);
  const [Wq, Wkv, Wo] = [weights('Wq', C, C, init), weights('Wkv', D, 2 * C, init), weights('Wo', C, C, outInit)];

  /** The last arguments of both passes of attention. */
  const attentionArguments = (pass: Pass) => [T, S, H, H, d, C, 2 * C, causal, ...dropoutOf(pass)] as const;
  /** Weights and biases, or numbers that stand for biases. */
  const inPairs = <Numbers>(tensors: readonly Numbers[], unused: Numbers): readonly Numbers[] =>
    bias ? tensors : tensors.flatMap((weights) => [weights, unused]);

  return {
    label: `cross-attention(${T}x${C}, ${S}x${D})`,
    in: inputs,
    out: [T, C],
    elementwise: false,
    reads: { x: true, y: !projections },
    tensors: bias
      ? [Wq, biases('bq', C), Wkv, biases('bkv', 2 * C), Wo, biases('bo', C)]
      : [Wq, Wkv, Wo].slice(0, 3 * projected),
    products: [...positionProducts(T, C, C), ...positionProducts(S, D, 2 * C), [d, Math.max(T, S), 'attention']],
    readsLengths: true,
    keepsPositions: [true, false],
    overwritesDy: bias,
    positionNumbers: Math.max(T, S) * C,
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [
        allocate(rows * projected * T * C), // q
        allocate(rows * projected * S * 2 * C), // k and v
        allocate(rows * projected * T * C), // A
        allocate(rows * H * T), // the maximum of each softmax
        allocate(rows * H * T), // the sum of each softmax
        allocate(bias ? 0 : projected * 2 * C), // zeros in place of biases
        allocateForBackward(rows * T * C), // the gradient of q
        allocateForBackward(rows * S * 2 * C), // the gradients of k and v
        allocateForBackward(rows * projected * T * C), // the gradient of A
        allocateForBackward(bias ? 0 : projected * 2 * C), // unused gradients of biases
      ],
    }),
    forward(y, [x, memory], parameters, B, pass, { arrays: [q, kv, A, maxima, sums, zeros] }) {
      const {
        emit,
        lengths: [queryLengths, keyLengths],
        stepAndRow,
      } = pass;
      const attend = (A: Elements, q: Elements, kv: Elements): void => {
        const rows = [q, kv, queryLengths, keyLengths, stepAndRow, B] as const;
        emit(ops.attentionForward, A, maxima, sums, ...rows, ...attentionArguments(pass));
      };
      if (!projections) {
        attend(y, x, memory);
        return;
      }
      const [Wq, bq, Wkv, bkv, Wo, bo] = inPairs(parameters, zeros);
      if (!bias) emit(ops.fill, zeros, 0, 2 * C);
      emit(ops.affine, q, x, Wq, bq, B * T, C, C, rowOf(Wq, C));
      emit(ops.affine, kv, memory, Wkv, bkv, B * S, D, 2 * C, rowOf(Wkv, D));
      attend(A, q, kv);
      emit(ops.affine, y, A, Wo, bo, B * T, C, C, rowOf(Wo, C));
      if (bias) emit(ops.zeroPadding, y, queryLengths, B, T, C);
    },
    backward([dx, dMemory], dy, [x, memory], y, parameters, gradients, B, pass, { arrays }) {
      const {
        emit,
        lengths: [queryLengths, keyLengths],
        stepAndRow,
        leafRows,
        accumulate,
      } = pass;
      const [q, kv, A, maxima, sums, zeros, dq, dkv, dA, unused] = arrays;
      if (!projections) {
        const rows = [maxima, sums, x, memory, queryLengths, keyLengths, stepAndRow, B] as const;
        emit(ops.attentionBackward, dx ?? dq, dMemory ?? dkv, dy, y, ...rows, ...attentionArguments(pass));
        return;
      }
      const [Wq, , Wkv, , Wo] = inPairs(parameters, zeros);
      const [dWq, dbq, dWkv, dbkv, dWo, dbo] = inPairs(gradients ?? [], unused);
      if (bias && gradients !== null) emit(ops.zeroPadding, dy, queryLengths, B, T, C); // for dbo alone: A is 0 there
      if (gradients !== null) emitBackwardWeights(emit, dWo, dbo, A, dy, B, leafRows, accumulate, T, C, C);
      emit(ops.affineBackwardInput, dA, dy, Wo, B * T, C, C);
      const rows = [maxima, sums, q, kv, queryLengths, keyLengths, stepAndRow, B] as const;
      emit(ops.attentionBackward, dq, dkv, dA, A, ...rows, ...attentionArguments(pass));
      if (gradients !== null) {
        emitBackwardWeights(emit, dWq, dbq, x, dq, B, leafRows, accumulate, T, C, C);
        emitBackwardWeights(emit, dWkv, dbkv, memory, dkv, B, leafRows, accumulate, S, D, 2 * C);
      }
      if (dx !== null) emit(ops.affineBackwardInput, dx, dq, Wq, B * T, C, C);
      if (dMemory !== null) emit(ops.affineBackwardInput, dMemory, dkv, Wkv, B * S, D, 2 * C);
    },
  };
}
