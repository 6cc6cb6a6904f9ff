import { OptionError } from '../../checks/option-error.ts';
import {
  checkedBy,
  defineOptions,
  flag,
  fraction,
  type Named,
  type OptionsOf,
  positive,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import { initializer } from '../../families/initializers/index.ts';
import type { Elements } from '../../math/element-type.ts';
import { streamKey } from '../../math/random/index.ts';
import { viewOf } from '../../math/scratch.ts';
import { ops } from '../../program/ops/index.ts';
import { emitBackwardWeights, positionProducts } from './dense.ts';
import { initializedTensor, rowOf, spreadMatrix } from './initialized-tensor.ts';
import type { Layer, Pass } from './layer.ts';
import type { LayerContext, Path } from './layer-context.ts';
import { axesOf } from './windows.ts';

/** How `rotaryScaling` slows the angles of `rotary`. */
export interface RotaryScaling {
  /** Divisor of the slow angles; above 0. */
  readonly factor: number;
  /** Maximum number of turns of an angle that is divided as a whole. @default 0 */
  readonly low?: number;
  /** Fewest turns of an angle that stays; above `low`. @default 1 */
  readonly high?: number;
  /** Positions in which turns are counted. @default 0: every angle is divided */
  readonly context?: number;
}

const rotaryScaling = checkedBy(
  'an object such as { factor: 8, low: 1, high: 4, context: 8192 }, with low below high',
  (value): value is RotaryScaling => {
    if (typeof value !== 'object' || value === null) return false;
    const { factor, low = 0, high = 1, context = 0, ...others } = value as Partial<Record<string, unknown>>;
    const numbers = [factor, low, high, context].filter((number) => typeof number === 'number');
    const areNumbers = numbers.length === 4 && numbers.every((number) => Number.isFinite(number) && number >= 0);
    return areNumbers && numbers[0] > 0 && numbers[1] < numbers[2] && Object.keys(others).length === 0;
  },
);

export const selfAttentionOptions = defineOptions('self-attention', {
  /** Heads H. */
  heads: required(positiveInteger),
  /**
   * K, heads of keys and values: each is read by H / K heads, which come one after the other. A divisor of `heads`.
   * [Ainslie et al. 2023](https://arxiv.org/abs/2305.13245)
   * @default `heads`
   */
  keyHeads: positiveInteger(),
  /** d, numbers of a head. @default C / H */
  headSize: positiveInteger(),
  /**
   * Whether a position reads only those up to its own, as in a model that writes; false as PyTorch and Keras have it by
   * default. A spec in a file of an earlier version may lack it, and is causal.
   */
  causal: required(flag),
  /** Probability that a weight of a position is set to 0 in training, in [0, 1). @default 0 */
  dropout: fraction(0),
  /** Whether the projections add bqkv [(H + 2 · K) · d] and bo [C]. @default true */
  bias: flag(true),
  /** Whether the last projection adds bo. @default `bias` */
  outBias: flag(),
  /**
   * Whether to rotate queries and keys by angles that grow with their position: the pairs (i, i + d/2) of a head's d
   * numbers by t · theta^(-2i / d). @default false
   */
  rotary: flag(false),
  /** Base of the angles of `rotary`. @default 10000 */
  theta: positive(10_000),
  /**
   * Slower angles of `rotary` for more positions than a model was first trained with: those of rates that make at most
   * `low` turns in `context` positions are divided by `factor`, those of at least `high` turns stay, and between lies a
   * mean of both, as in Llama 3.1: `{ factor: 8, low: 1, high: 4, context: 8192 }`. With `factor` alone all angles are
   * divided. @default none
   */
  rotaryScaling: rotaryScaling(),
  /** Initializer of Wqkv [C, (H + 2 · K) · d]. @default 'glorot-uniform', as in PyTorch */
  init: initializer('glorot-uniform'),
  /** Initializer of Wo [H · d, C]. @default 'glorot-uniform' */
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
 * each of H heads of d numbers, and (q, k, v) = x · Wqkv + bqkv, with k and v of K heads. Padding is not read; there y
 * and dx are 0. Dropout scales the weights that it keeps by 1 / (1 - rate), and its mask has T columns for each query
 * of each head. [Vaswani et al. 2017, §3.2](https://arxiv.org/abs/1706.03762)
 */
export function selfAttention(options: SelfAttentionOptions, { input, stream, customParts }: LayerContext): Layer {
  const settings = { ...OLD_FILE_DEFAULTS, ...options };
  const {
    heads: H,
    causal,
    dropout,
    bias,
    rotary,
    theta,
    init,
    outInit,
    biasInit,
    ...chosen
  } = selfAttentionOptions.read(settings);
  axesOf('self-attention', input, [1]);
  const [T, C] = input;
  const { keyHeads: K = H, headSize: d = C / H, outBias = bias, rotaryScaling: scaling } = chosen;
  refuseHeads('self-attention', chosen.headSize === undefined ? C : H * d, H, rotary);
  if (H % K !== 0) throw new OptionError('self-attention', 'keyHeads', `has ${K}, expected a divisor of ${H} (heads)`);
  const [Q, step] = [H * d, (H + 2 * K) * d]; // numbers of a position: queries, and all
  const { factor = 1, low = 0, high = 1, context = 0 } = scaling ?? {};
  const rates = [theta, factor, low, high, context] as const;
  const dropoutOf = attentionDropout(dropout, stream);
  const hasZeros = !bias || !outBias;
  const zerosSize = Math.max(step, C);

  const biases = (name: string, O: number) => initializedTensor(name, [O], biasInit, [C, O], customParts);
  const Wqkv = spreadMatrix('Wqkv', [C, step], init, [C, step], customParts);
  const Wo = spreadMatrix('Wo', [Q, C], outInit, [Q, C], customParts);

  /** The last arguments of both passes of attention. */
  const attentionArguments = (pass: Pass) => [T, T, H, K, d, step, step, causal, ...dropoutOf(pass)] as const;
  /** Wqkv, bqkv, Wo and bo, or numbers that stand for biases. */
  const withBiases = <Numbers>([Wqkv, ...others]: readonly Numbers[], unused: Numbers): readonly Numbers[] => {
    const [bqkv, Wo, bo = unused] = bias ? others : [unused, ...others];
    return [Wqkv, bqkv, Wo, bo];
  };

  /** Earlier positions are in qkv. The arrays of gradients serve as scratch. */
  const forwardNext: Layer['forwardNext'] = (y, [x], parameters, { emit, n, row, begins, positions }, { arrays }) => {
    const [qkv, A, , , rows, angles, table, zeros] = arrays;
    const [Wqkv, bqkv, Wo, bo] = withBiases(parameters, zeros);
    if (hasZeros) emit(ops.fill, zeros, 0, zerosSize);
    emit(ops.affine, rows, x, Wqkv, bqkv, n, C, step, rowOf(Wqkv, C));
    if (rotary) {
      if (begins) emit(ops.rotaryTable, table, T, d, ...rates);
      emit(ops.embeddingForward, angles, positions, table, n, d);
      emit(ops.rotate, rows, angles, 1, n, H + K, d, step, FORWARD);
    }
    const rowSize = T * step;
    const next = (a: Elements, k: number, rowsAt: Elements, at: Elements, count: number) =>
      emit(ops.attentionNext, a, viewOf(qkv, k * rowSize, rowSize), rowsAt, at, count, T, H, K, d, step);
    if (row !== null) next(A, row, rows, positions, n);
    else
      for (let k = 0; k < n; k++)
        next(viewOf(A, k * Q, Q), k, viewOf(rows, k * step, step), viewOf(positions, k, 1), 1);
    emit(ops.affine, y, A, Wo, bo, n, Q, C, rowOf(Wo, Q));
  };

  return {
    label: `self-attention(${T}x${C})`,
    in: [input],
    out: input,
    elementwise: false,
    reads: { x: true, y: false },
    tensors: [Wqkv, ...(bias ? [biases('bqkv', step)] : []), Wo, ...(outBias ? [biases('bo', C)] : [])],
    products: [...positionProducts(T, C, step), ...positionProducts(T, Q, C), [d, T, 'attention']],
    readsLengths: true,
    overwritesDy: outBias,
    createMemory: (rows, allocate, { allocateForBackward = allocate }) => ({
      arrays: [
        allocate(rows * T * step), // q, k and v
        allocate(rows * T * Q), // A
        allocate(rows * H * T), // the maximum of each softmax
        allocate(rows * H * T), // the sum of each softmax
        allocateForBackward(rows * T * step), // gradients of q, k and v
        allocateForBackward(rows * T * Q), // the gradient of A
        allocate(rotary ? T * d : 0), // cosines and sines
        // Zeros in place of biases, and unused gradients of them.
        ...(hasZeros ? [allocate(zerosSize), allocate(zerosSize)] : []),
      ],
    }),
    forward(y, [x], parameters, B, pass, { arrays: [qkv, A, maxima, sums, , , table, zeros] }) {
      const {
        emit,
        lengths: [lengths],
        stepAndRow,
      } = pass;
      const [Wqkv, bqkv, Wo, bo] = withBiases(parameters, zeros);
      if (hasZeros) emit(ops.fill, zeros, 0, zerosSize);
      emit(ops.affine, qkv, x, Wqkv, bqkv, B * T, C, step, rowOf(Wqkv, C));
      if (rotary) {
        emit(ops.rotaryTable, table, T, d, ...rates);
        emit(ops.rotate, qkv, table, B, T, H + K, d, step, FORWARD);
      }
      const rows = [qkv, qkv, lengths, lengths, stepAndRow, B] as const;
      emit(ops.attentionForward, A, maxima, sums, ...rows, ...attentionArguments(pass));
      emit(ops.affine, y, A, Wo, bo, B * T, Q, C, rowOf(Wo, Q));
      if (outBias) emit(ops.zeroPadding, y, lengths, B, T, C);
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
      const [Wqkv, , Wo] = withBiases(parameters, unused);
      if (outBias && gradients !== null) emit(ops.zeroPadding, dy, lengths, B, T, C); // for dbo alone: A is 0 there
      const [dWqkv, dbqkv, dWo, dbo] = withBiases(gradients ?? [], unused);
      if (gradients !== null) emitBackwardWeights(emit, dWo, dbo, A, dy, B, leafRows, accumulate, T, Q, C);
      emit(ops.affineBackwardInput, dA, dy, Wo, B * T, Q, C);
      const rows = [maxima, sums, qkv, qkv, lengths, lengths, stepAndRow, B] as const;
      emit(ops.attentionBackward, dqkv, dqkv, dA, A, ...rows, ...attentionArguments(pass));
      if (rotary) emit(ops.rotate, dqkv, table, B, T, H + K, d, step, BACK);
      if (gradients !== null) emitBackwardWeights(emit, dWqkv, dbqkv, x, dqkv, B, leafRows, accumulate, T, C, step);
      if (dx !== null) emit(ops.affineBackwardInput, dx, dqkv, Wqkv, B * T, C, step);
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
