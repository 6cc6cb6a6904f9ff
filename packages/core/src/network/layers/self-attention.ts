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
import { initializer } from '../../families/initializers/index.ts';
import { streamKey } from '../../math/random/index.ts';
import { viewOf } from '../../math/scratch.ts';
import { ops } from '../../program/ops/index.ts';
import { emitBackwardWeights, positionProducts } from './dense.ts';
import { initializedTensor } from './initialized-tensor.ts';
import type { Layer, Pass } from './layer.ts';
import type { LayerContext, Path } from './layer-context.ts';
import { axesOf } from './windows.ts';

export const selfAttentionOptions = defineOptions('self-attention', {
  /** Heads H. They share the C channels: each has C / H. */
  heads: required(positiveInteger),
  /**
   * Whether a position reads only those up to its own, as in a model that writes; false as PyTorch and Keras have it by
   * default. A spec in a file of an earlier version may lack it, and is causal.
   */
  causal: required(flag),
  /** Probability that a weight of a position is set to 0 in training, in [0, 1). @default 0 */
  dropout: fraction(0),
  /** Whether the projections add bqkv [3 · C] and bo [C]. @default true */
  bias: flag(true),
  /**
   * Whether to rotate queries and keys by angles that grow with their position: the pairs (i, i + d/2) of a head's d
   * numbers by t · 10000^(-2i / d). @default false
   */
  rotary: flag(false),
  /** Initializer of Wqkv [C, 3 · C]. @default 'glorot-uniform', as in PyTorch */
  init: initializer('glorot-uniform'),
  /** Initializer of Wo [C, C]. @default 'glorot-uniform' */
  outInit: initializer('glorot-uniform'),
  /** Initializer of the biases. @default 'zeros' */
  biasInit: initializer('zeros'),
});

/** The defaults of specs in files of earlier versions, which do not state `causal`. */
const OLD_FILE_DEFAULTS = { causal: true };

/** Last argument of `ops.rotate`, `inverse`. */
const [FORWARD, BACK] = [false, true];

/** Options of self-attention. */
export interface SelfAttentionOptions extends OptionsOf<typeof selfAttentionOptions.table>, Named {}

/**
 * y = A · Wo + bo on sequences [T, C], where A[t] = Σ softmax(q[t] · k / √d) · v over the positions that t reads, for
 * each of H heads of d = C / H numbers, and (q, k, v) = x · Wqkv + bqkv. Padding is not read; there y and dx are 0.
 * Dropout scales the weights that it keeps by 1 / (1 - rate), and its mask has T columns for each query of each head.
 * [Vaswani et al. 2017, §3.2](https://arxiv.org/abs/1706.03762)
 */
export function selfAttention(options: SelfAttentionOptions, { input, stream, customParts }: LayerContext): Layer {
  const settings = { ...OLD_FILE_DEFAULTS, ...options };
  const { heads: H, causal, dropout, bias, rotary, init, outInit, biasInit } = selfAttentionOptions.read(settings);
  axesOf('self-attention', input, [1]);
  const [T, C] = input;
  const d = C / H;
  refuseHeads('self-attention', C, H, rotary);
  const dropoutOf = attentionDropout(dropout, stream);

  const biases = (name: string, O: number) => initializedTensor(name, [O], biasInit, [C, O], customParts);
  const Wqkv = initializedTensor('Wqkv', [C, 3 * C], init, [C, 3 * C], customParts);
  const Wo = initializedTensor('Wo', [C, C], outInit, [C, C], customParts);

  /** The last arguments of both passes of attention. */
  const attentionArguments = (pass: Pass) => [T, T, H, d, 3 * C, 3 * C, causal, ...dropoutOf(pass)] as const;

  /** Earlier positions are in qkv. The arrays of gradients serve as scratch. */
  const forwardNext: Layer['forwardNext'] = (y, [x], parameters, { emit, n, row, begins, positions }, { arrays }) => {
    const [qkv, A, , , rows, angles, table, zeros] = arrays;
    const [Wqkv, bqkv, Wo, bo] = bias ? parameters : [parameters[0], zeros, parameters[1], zeros];
    if (!bias) emit(ops.fill, zeros, 0, 3 * C);
    emit(ops.affine, rows, x, Wqkv, bqkv, n, C, 3 * C);
    if (rotary) {
      if (begins) emit(ops.rotaryTable, table, T, d);
      emit(ops.embeddingForward, angles, positions, table, n, d);
      emit(ops.rotate, rows, angles, 1, n, H, d, FORWARD);
    }
    const rowSize = T * 3 * C;
    if (row !== null) emit(ops.attentionNext, A, viewOf(qkv, row * rowSize, rowSize), rows, positions, n, T, H, d);
    else
      for (let k = 0; k < n; k++) {
        const [a, qkvOfRow] = [viewOf(A, k * C, C), viewOf(qkv, k * rowSize, rowSize)];
        emit(ops.attentionNext, a, qkvOfRow, viewOf(rows, k * 3 * C, 3 * C), viewOf(positions, k, 1), 1, T, H, d);
      }
    emit(ops.affine, y, A, Wo, bo, n, C, C);
  };

  return {
    label: `self-attention(${T}x${C})`,
    in: [input],
    out: input,
    elementwise: false,
    reads: { x: true, y: false },
    tensors: bias ? [Wqkv, biases('bqkv', 3 * C), Wo, biases('bo', C)] : [Wqkv, Wo],
    products: [...positionProducts(T, C, 3 * C), ...positionProducts(T, C, C), [d, T, 'attention']],
    readsLengths: true,
    overwritesDy: bias,
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [
        allocate(rows * T * 3 * C), // q, k and v
        allocate(rows * T * C), // A
        allocate(rows * H * T), // the maximum of each softmax
        allocate(rows * H * T), // the sum of each softmax
        allocateForBackward(rows * T * 3 * C), // gradients of q, k and v
        allocateForBackward(rows * T * C), // the gradient of A
        allocate(rotary ? T * d : 0), // cosines and sines
        ...(bias ? [] : [allocate(3 * C), allocate(3 * C)]), // zeros in place of biases, and unused gradients of them
      ],
    }),
    forward(y, [x], parameters, B, pass, { arrays: [qkv, A, maxima, sums, , , table, zeros] }) {
      const {
        emit,
        lengths: [lengths],
        stepAndRow,
      } = pass;
      const [Wqkv, bqkv, Wo, bo] = bias ? parameters : [parameters[0], zeros, parameters[1], zeros];
      if (!bias) emit(ops.fill, zeros, 0, 3 * C);
      emit(ops.affine, qkv, x, Wqkv, bqkv, B * T, C, 3 * C);
      if (rotary) {
        emit(ops.rotaryTable, table, T, d);
        emit(ops.rotate, qkv, table, B, T, H, d, FORWARD);
      }
      const rows = [qkv, qkv, lengths, lengths, stepAndRow, B] as const;
      emit(ops.attentionForward, A, maxima, sums, ...rows, ...attentionArguments(pass));
      emit(ops.affine, y, A, Wo, bo, B * T, C, C);
      if (bias) emit(ops.zeroPadding, y, lengths, B, T, C);
    },
    ...(causal ? { forwardNext } : {}),
    backward([dx], dy, [x], _y, parameters, gradients, B, pass, { arrays }) {
      const {
        emit,
        lengths: [lengths],
        stepAndRow,
        leafRows,
        accumulate,
      } = pass;
      const [qkv, A, maxima, sums, dqkv, dA, table, , unused] = arrays;
      const [Wqkv, Wo] = bias ? [parameters[0], parameters[2]] : parameters;
      if (bias && gradients !== null) emit(ops.zeroPadding, dy, lengths, B, T, C); // for dbo alone: A is 0 at padding
      if (gradients !== null) {
        const [dWo, dbo] = bias ? [gradients[2], gradients[3]] : [gradients[1], unused];
        emitBackwardWeights(emit, dWo, dbo, A, dy, B, leafRows, accumulate, T, C, C);
      }
      emit(ops.affineBackwardInput, dA, dy, Wo, B * T, C, C);
      const rows = [maxima, sums, qkv, qkv, lengths, lengths, stepAndRow, B] as const;
      emit(ops.attentionBackward, dqkv, dqkv, dA, A, ...rows, ...attentionArguments(pass));
      if (rotary) emit(ops.rotate, dqkv, table, B, T, H, d, BACK);
      if (gradients !== null) {
        const [dWqkv, dbqkv] = bias ? gradients : [gradients[0], unused];
        emitBackwardWeights(emit, dWqkv, dbqkv, x, dqkv, B, leafRows, accumulate, T, C, 3 * C);
      }
      if (dx !== null) emit(ops.affineBackwardInput, dx, dqkv, Wqkv, B * T, C, 3 * C);
    },
  };
}

/** A function from a pass to the key, threshold and factor of the dropout of weights. */
export function attentionDropout(rate: number, stream: Path) {
  const threshold = Math.floor(rate * 4294967296);
  return ({ training, seed }: Pass) => {
    const [key0, key1] = streamKey(seed, 'dropout', ...stream);
    const drops = training && threshold > 0;
    return drops ? ([key0, key1, threshold, 1 / (1 - rate)] as const) : ([key0, key1, 0, 1] as const);
  };
}

/** @throws OptionError for heads that do not divide the channels, and for rotary pairs of an odd number. */
export function refuseHeads(kind: string, C: number, H: number, rotary = false): void {
  const d = C / H;
  if (!Number.isInteger(d)) {
    throw new OptionError(kind, 'heads', `has ${H}, expected a divisor of ${C} (channels of the input)`);
  }
  if (rotary && d % 2 !== 0) {
    const why = `each has ${d} of ${C} channels, and rotary takes them in pairs`;
    throw new OptionError(kind, 'heads', `has ${H}, expected heads with an even number (${why})`);
  }
}
