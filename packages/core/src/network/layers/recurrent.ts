import { OptionError } from '../../checks/option-error.ts';
import {
  defineOptions,
  flag,
  type Named,
  type OptionsOf,
  oneOf,
  positiveInteger,
  required,
} from '../../checks/options/index.ts';
import { type InitializerSpec, initializer } from '../../families/initializers/index.ts';
import type { Elements } from '../../math/element-type.ts';
import { viewOf } from '../../math/scratch.ts';
import type { Emit } from '../../program/op.ts';
import { ops } from '../../program/ops/index.ts';
import { emitBackwardWeights, positionProducts } from './dense.ts';
import { initializedTensor, rowOf, spreadMatrix } from './initialized-tensor.ts';
import type { Layer, Pass, TensorSpec } from './layer.ts';
import type { LayerContext } from './layer-context.ts';
import { axesOf } from './windows.ts';

const table = {
  /** O: units, the width of the state and of the outputs. */
  out: required(positiveInteger),
  /** 'all': the state after each position, [T, O]. 'last': the state after the last step alone, [O]. @default 'all' */
  returns: oneOf({ all: true, last: true })('all'),
  /** Whether to go from the last position to the first. @default false */
  reverse: flag(false),
  /** Initializer of Wi [C, gates · O]. @default uniform from -1/√out to 1/√out, as in PyTorch */
  init: initializer(),
  /** Initializer of Wh [O, gates · O]. @default uniform from -1/√out to 1/√out, as in PyTorch */
  recurrentInit: initializer(),
  /** Initializer of bi and bh [gates · O]. @default uniform from -1/√out to 1/√out, as in PyTorch */
  biasInit: initializer(),
};

export const gruOptions = defineOptions('gru', table);
export const lstmOptions = defineOptions('lstm', table);

/** Options of a recurrent layer. */
export interface RecurrentOptions extends OptionsOf<typeof table>, Named {}

/**
 * A gated recurrent unit on sequences [T, C]: r = σ(x · Wir + bir + h · Whr + bhr), z = σ(x · Wiz + biz + h · Whz +
 * bhz), n = tanh(x · Win + bin + r · (h · Whn + bhn)), h = n + z · (h - n). Wi is [C, 3 · O] and Wh [O, 3 · O], with
 * the gates r, z and n in this order, as in PyTorch. The state h [O] starts at 0. Of a row with padding, `last` is the
 * state after its last real position, and `reverse` begins there; outputs at padding are 0. [Cho et al.
 * 2014](https://arxiv.org/abs/1406.1078), with r after the product, as in cuDNN
 */
export function gru(options: RecurrentOptions, context: LayerContext): Layer {
  return recurrent('gru', 3, gruOptions.read(options), context, {
    // qByStep: q of gate n in the forward pass, dq of all gates in the backward pass.
    widths: [3],
    forward(emit, y, { h, q, hBefore, gates, extra: [qByStep] }, lengths, ...sizes) {
      emit(ops.gruForward, y, h, hBefore, gates, qByStep, q, lengths, ...sizes);
    },
    backward(emit, dy, { h, q, hBefore, gates, dhViaWh, extra: [qByStep] }, lengths, ...sizes) {
      emit(ops.gruBackward, h, q, gates, qByStep, dy, dhViaWh, hBefore, lengths, ...sizes);
    },
    dqByStep: ({ extra: [qByStep] }) => qByStep,
  });
}

/**
 * Long short-term memory on sequences [T, C]: i = σ(x · Wii + bii + h · Whi + bhi), f and o likewise, g the same with
 * tanh, c = f · c + i · g, h = o · tanh(c). Wi is [C, 4 · O] and Wh [O, 4 · O], with the gates i, f, g and o in this
 * order, as in PyTorch. State h [O] and cell c [O] start at 0. Of a row with padding, `last` is the state after its
 * last real position, and `reverse` begins there; outputs at padding are 0. [Hochreiter and Schmidhuber
 * 1997](https://doi.org/10.1162/neco.1997.9.8.1735), with the forget gate of [Gers et al.
 * 2000](https://doi.org/10.1162/089976600300015015)
 */
export function lstm(options: RecurrentOptions, context: LayerContext): Layer {
  return recurrent('lstm', 4, lstmOptions.read(options), context, {
    widths: [1], // cBefore: the cell before each step
    forward(emit, y, { h, c, q, hBefore, gates, extra: [cBefore] }, lengths, ...sizes) {
      emit(ops.lstmForward, y, h, c, hBefore, cBefore, gates, q, lengths, ...sizes);
    },
    backward(emit, dy, { h, c, q, gates, dhViaWh, extra: [cBefore] }, lengths, ...sizes) {
      emit(ops.lstmBackward, h, c, q, gates, dy, dhViaWh, cBefore, lengths, ...sizes);
    },
    dqByStep: ({ gates }) => gates,
  });
}

/** Memory of a recurrent layer. In the backward pass h, c and q hold their gradients. */
interface RecurrentMemory {
  readonly h: Elements; // [B, O] state
  readonly c: Elements; // [B, O] cell of an LSTM
  readonly q: Elements; // [B, gates, O] h · Wh + bh
  readonly dhViaWh: Elements; // [B, O] dq · Whᵀ, the gradient that reaches h through Wh
  readonly hBefore: Elements; // [B, T, O] states before each step
  readonly gates: Elements; // [B, T, gates, O], and in the backward pass their gradients
  readonly extra: readonly Elements[]; // [B, T, width · O] arrays that only this kind has: see `Cell.widths`
}

/** The position of a step, and sizes. */
type Sizes = [t: number, B: number, T: number, O: number];

/** The arrays and operations that a GRU and an LSTM do not share. */
interface Cell {
  /** Widths, in units, of the further arrays that only this kind needs. */
  readonly widths: readonly number[];
  /** Emits a step. */
  forward(emit: Emit, y: Elements, memory: RecurrentMemory, lengths: Float64Array, ...sizes: Sizes): void;
  /** Emits the gradients of a step. */
  backward(emit: Emit, dy: Elements, memory: RecurrentMemory, lengths: Float64Array, ...sizes: Sizes): void;
  /** The gradients by q of all steps, [B, T, gates, O]. */
  dqByStep(memory: RecurrentMemory): Elements;
}

/** Maximum number of positions of a row: each takes calls of its own. */
const MAX_POSITIONS = 16384;

/** x · Wi is computed for all positions at once, h · Wh step by step for all rows of a pass. */
function recurrent(
  kind: 'gru' | 'lstm',
  gateCount: number,
  { out: O, returns, reverse, init, recurrentInit, biasInit }: ReturnType<typeof gruOptions.read>,
  { input, customParts }: LayerContext,
  cell: Cell,
): Layer {
  axesOf(kind, input, [1]);
  const [T, C] = input;
  if (T > MAX_POSITIONS) {
    const problem = `has ${T} positions, expected at most ${MAX_POSITIONS}`;
    throw new OptionError(kind, 'in', problem, { about: 'input' });
  }
  const G = gateCount * O;
  const isAll = returns === 'all';
  const limit = 1 / Math.sqrt(O);
  const tensor = (name: string, shape: readonly number[], spec: InitializerSpec | undefined): TensorSpec => {
    const init = spec ?? ({ kind: 'uniform', low: -limit, high: limit } as const);
    const create = shape.length === 2 ? spreadMatrix : initializedTensor;
    return create(name, shape, init, [shape.length === 2 ? shape[0] : O, G], customParts);
  };
  const positionOf = (step: number, steps: number): number => (reverse ? steps - 1 - step : step);
  const memoryOf = ([h, c, q, dhViaWh, hBefore, gates, ...others]: readonly Elements[]): RecurrentMemory => {
    return { h, c, q, dhViaWh, hBefore, gates, extra: others.slice(0, cell.widths.length) };
  };

  /** Emits `steps` steps of B rows, from a state of 0 if they begin the rows, else from the state in memory. */
  function emitStates(
    y: Elements, // [B, steps, O] out
    x: Elements, // [B, steps, C]
    [Wi, bi, Wh, bh]: readonly Elements[],
    B: number,
    steps: number,
    isStart: boolean,
    { emit, lengths: [lengths] }: Pass,
    arrays: readonly Elements[],
  ): void {
    const memory = memoryOf(arrays);
    const { h, c, q, gates } = memory;
    emit(ops.affine, gates, x, Wi, bi, B * steps, C, G, rowOf(Wi, C));
    if (isStart) emit(ops.fill, h, 0, B * O);
    if (isStart && kind === 'lstm') emit(ops.fill, c, 0, B * O);
    for (let step = 0; step < steps; step++) {
      emit(ops.affine, q, h, Wh, bh, B, O, G, rowOf(Wh, O));
      cell.forward(emit, y, memory, lengths, positionOf(step, steps), B, steps, O);
    }
  }

  return {
    label: `${kind}(${C}->${O})`,
    in: [input],
    out: isAll ? [T, O] : [O],
    elementwise: false,
    reads: { x: true, y: false },
    readsLengths: true,
    positionNumbers: T * O,
    tensors: [
      tensor('Wi', [C, G], init),
      tensor('bi', [G], biasInit),
      tensor('Wh', [O, G], recurrentInit),
      tensor('bh', [G], biasInit),
    ],
    products: [...positionProducts(T, C, G), ...positionProducts(T, O, G), [G, O]],
    createMemory(rows, allocate) {
      const states = rows * T * O;
      return {
        arrays: [
          allocate(rows * O), // h
          allocate(kind === 'lstm' ? rows * O : 0), // c
          allocate(rows * G), // q
          allocate(rows * O), // dhViaWh
          allocate(states), // hBefore
          allocate(gateCount * states), // gates
          ...cell.widths.map((width) => allocate(width * states)),
          allocate(O * G), // Whᵀ
          allocate(O), // a bias of zeros
          allocate(isAll ? 0 : states), // all states, and then their gradients, if only the last state is returned
        ],
      };
    },
    forward(y, [x], parameters, B, pass, { arrays }) {
      const states = isAll ? y : arrays[arrays.length - 1];
      const isStart = true;
      emitStates(states, x, parameters, B, T, isStart, pass, arrays);
      if (!isAll) pass.emit(ops.copy, y, arrays[0], B * O);
    },
    ...(isAll && !reverse
      ? {
          forwardNext(y, [x], parameters, pass, { arrays }) {
            const { n, row, begins } = pass;
            if (row === null) return emitStates(y, x, parameters, n, 1, begins, pass, arrays);
            // Only the state is of the row; the other arrays are scratch.
            const [h, c, ...others] = arrays;
            const state = [viewOf(h, row * O, O), c.length === 0 ? c : viewOf(c, row * O, O), ...others];
            emitStates(y, x, parameters, 1, n, begins, pass, state);
          },
        }
      : {}),
    backward(
      [dx],
      dy,
      [x],
      _y,
      [Wi, , Wh],
      gradients,
      B,
      { emit, leafRows, accumulate, lengths: [lengths] },
      { arrays },
    ) {
      const memory = memoryOf(arrays);
      const { h, c, q, dhViaWh, hBefore, gates } = memory;
      const [transposed, zeros, zeroGradients] = arrays.slice(-3);
      emit(ops.transpose, transposed, Wh, O, G, 1);
      emit(ops.fill, zeros, 0, O);
      emit(ops.fill, dhViaWh, 0, B * O);
      if (kind === 'lstm') emit(ops.fill, c, 0, B * O);
      if (isAll) {
        emit(ops.fill, h, 0, B * O);
      } else {
        emit(ops.copy, h, dy, B * O);
        emit(ops.fill, zeroGradients, 0, B * T * O);
      }
      for (let step = T - 1; step >= 0; step--) {
        // Rows of dq · Whᵀ start at 0 and add the gates ascending, as dx of a dense layer does.
        if (step < T - 1) emit(ops.affine, dhViaWh, q, transposed, zeros, B, G, O, O);
        cell.backward(emit, isAll ? dy : zeroGradients, memory, lengths, positionOf(step, T), B, T, O);
      }
      if (gradients !== null) {
        const [dWi, dbi, dWh, dbh] = gradients;
        emitBackwardWeights(emit, dWi, dbi, x, gates, B, leafRows, accumulate, T, C, G);
        emitBackwardWeights(emit, dWh, dbh, hBefore, cell.dqByStep(memory), B, leafRows, accumulate, T, O, G);
      }
      if (dx !== null) emit(ops.affineBackwardInput, dx, gates, Wi, B * T, C, G);
    },
  };
}
