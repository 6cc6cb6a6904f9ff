import { createElements, typeOf } from '@gradloom/core/internal';
import { reorder } from '../../../reorder.ts';
import { constantValue } from '../align.ts';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { arrangeAxes, newAxes, ROWS, type Rows } from '../rows.ts';
import { type Tensor, tensorOf } from '../tensor.ts';
import { composedOperator, fixedExtents, inShape } from './elements.ts';
import { constantNumbers, transposedTensor } from './moves.ts';
import { takeOf, takeRows } from './take.ts';

// RNN, GRU and LSTM. What the layers `gru` and `lstm` compute becomes one of these; anything else, such as with a first
// state, is written step by step, by layers that share their weights.

/** Steps that are written one by one, at most: each takes ten layers or more. */
const MAX_STEPS = 512;

/** Sizes, weights and states of one direction. */
interface Direction {
  readonly isReverse: boolean;
  readonly W: Tensor; // [gates · O, C]
  readonly R: Tensor; // [gates · O, O]
  readonly bi: Tensor | undefined; // [gates · O]
  readonly bh: Tensor | undefined; // [gates · O]
  readonly peepholes: Tensor | undefined; // [3 · O] of the gates i, o and f of an LSTM
  readonly states: readonly (Item | undefined)[]; // h, and c of an LSTM, [B, O]; undefined is 0
}

/** The states [B, O] after each step, in the order of the positions, and after the last step. */
interface States {
  readonly each: readonly Item[];
  readonly last: readonly Item[];
}

/** A step: the states after it. `x` [B, gates · O] has the products by inputs, with both biases. */
type Step = (call: Call, x: Item, states: readonly Item[], direction: Direction) => readonly Item[];

/** How one of the operators computes. */
interface Kind {
  readonly gates: number;
  readonly activations: readonly string[];
  readonly step: Step;
  /** The layer that computes it by default, and where each of its gates stands in ONNX. */
  readonly layer?: { readonly kind: 'gru' | 'lstm'; readonly gates: readonly number[] };
}

const of = (call: Call, operator: string, ...xs: readonly Item[]): Item => call.apply(operator, xs)[0];

/** An activation of the list of a direction. */
function activate(call: Call, { activations }: Kind, { isReverse }: Direction, k: number, x: Item): Item {
  const names = call.has('activations') ? call.texts('activations') : [];
  const isSecond = isReverse && call.text('direction', 'forward') === 'bidirectional';
  const name = names[k + (isSecond ? activations.length : 0)] ?? activations[k];
  if (!/^(Sigmoid|Tanh|Relu|Softsign|Softplus)$/i.test(name)) {
    throw call.fault(`the activation ${name}`, 'Sigmoid, Tanh, Relu, Softsign or Softplus');
  }
  return of(call, `${name[0].toUpperCase()}${name.slice(1).toLowerCase()}`, x);
}

/** Gate k of [.., gates · O]. */
function gate(call: Call, x: Item, k: number, O: number): Item {
  const indices = Array.from({ length: O }, (_, o) => k * O + o);
  const axis = extentsOf(x).length - 1;
  return isConstant(x) ? takeOf(x, axis, indices) : takeRows(call, x, axis, indices);
}

const unitsOf = ({ R }: Direction): number => R.dims[1];

/** h · Rᵀ + bh of some gates. */
function byState(call: Call, h: Item, { R, bh }: Direction, from: number, to: number): Item {
  const O = R.dims[1];
  const rows = Array.from({ length: (to - from) * O }, (_, k) => from * O + k);
  const product = of(call, 'MatMul', h, transposedTensor(takeOf(R, 0, rows)));
  return bh === undefined ? product : of(call, 'Add', product, takeOf(bh, 0, rows));
}

const rnnStep: Step = (call, x, [h], direction) => [
  activate(call, kinds.RNN, direction, 0, of(call, 'Add', x, byState(call, h, direction, 0, 1))),
];

const gruStep: Step = (call, x, [h], direction) => {
  const O = unitsOf(direction);
  const isAfter = call.int('linear_before_reset', 0) !== 0;
  const q = byState(call, h, direction, 0, isAfter ? 3 : 2);
  const sigmoid = (k: number): Item =>
    activate(call, kinds.GRU, direction, 0, of(call, 'Add', gate(call, x, k, O), gate(call, q, k, O)));
  const [z, r] = [sigmoid(0), sigmoid(1)];
  const reset = isAfter
    ? of(call, 'Mul', r, gate(call, q, 2, O))
    : byState(call, of(call, 'Mul', r, h), direction, 2, 3);
  const n = activate(call, kinds.GRU, direction, 1, of(call, 'Add', gate(call, x, 2, O), reset));
  return [of(call, 'Add', n, of(call, 'Mul', z, of(call, 'Sub', h, n)))];
};

const lstmStep: Step = (call, x, [h, c], direction) => {
  const [O, { peepholes }] = [unitsOf(direction), direction];
  const sum = of(call, 'Add', x, byState(call, h, direction, 0, 4));
  const peephole = (k: number, cell: Item, part: number): Item => {
    const y = gate(call, sum, k, O);
    return peepholes === undefined ? y : of(call, 'Add', y, of(call, 'Mul', gate(call, peepholes, part, O), cell));
  };
  const [i, f] = [peephole(0, c, 0), peephole(2, c, 2)].map((y) => activate(call, kinds.LSTM, direction, 0, y));
  const g = activate(call, kinds.LSTM, direction, 1, gate(call, sum, 3, O));
  const cell = of(call, 'Add', of(call, 'Mul', f, c), of(call, 'Mul', i, g));
  const o = activate(call, kinds.LSTM, direction, 0, peephole(1, cell, 1));
  return [of(call, 'Mul', o, activate(call, kinds.LSTM, direction, 2, cell)), cell];
};

const kinds = {
  RNN: { gates: 1, activations: ['Tanh'], step: rnnStep },
  GRU: { gates: 3, activations: ['Sigmoid', 'Tanh'], step: gruStep, layer: { kind: 'gru', gates: [1, 0, 2] } },
  LSTM: {
    gates: 4,
    activations: ['Sigmoid', 'Tanh', 'Tanh'],
    step: lstmStep,
    layer: { kind: 'lstm', gates: [0, 2, 3, 1] },
  },
} as const satisfies Record<string, Kind>;

/** The states of a direction, step by step. */
function steps(call: Call, x: Item, { step, gates }: Kind, direction: Direction): States {
  const { W, bi, isReverse, states: first } = direction;
  const [T, O] = [fixedExtents(call, extentsOf(x).slice(0, 1))[0], unitsOf(direction)];
  if (T > MAX_STEPS) throw call.fault(`${T} steps from a first state`, `at most ${MAX_STEPS}`);
  const product = of(call, 'MatMul', x, transposedTensor(W));
  const inputProducts = bi === undefined ? product : of(call, 'Add', product, bi);
  const zero = tensorOf(x.type, [1, O], () => undefined);
  // Layers read the state 0, too, so that all steps train their weights.
  let states = first.map((state = zero) => (isConstant(x) || !isConstant(state) ? state : frozenRows(call, state)));
  const outputsByStep: Item[] = [];
  const B = extentsOf(x)[1];
  for (let k = 0; k < T; k++) {
    const t = isReverse ? T - 1 - k : k;
    const at = isConstant(inputProducts) ? takeOf(inputProducts, 0, [t]) : takeRows(call, inputProducts, 0, [t]);
    states = [...step(call, inShape(call, at, [B, gates * O]), states, direction)];
    outputsByStep[t] = states[0];
  }
  return { each: outputsByStep, last: states };
}

/** A constant as a value of layers. */
function frozenRows(call: Call, { weight: _, ...tensor }: Tensor): Rows {
  const axes = newAxes(tensor.dims);
  const storedParts = axes.flat();
  return {
    type: tensor.type,
    axes,
    stored: storedParts,
    value: constantValue(
      call,
      tensor,
      axes,
      storedParts.map((part) => [part]),
    ),
  };
}

/** The states [T, B, O] of a direction as a layer computes them. */
function statesOfLayer(call: Call, x: Rows, { kind, gates }: NonNullable<Kind['layer']>, direction: Direction): Rows {
  const { W, R, bi, bh, isReverse } = direction;
  const O = unitsOf(direction);
  const [positions, rows, inputs] = x.axes;
  const value = arrangeAxes(x, [positions, inputs]);
  /** [gates · O, n] as [n, gates · O], with the gates in the order of the layer. */
  const inOrder = (tensor: Tensor | undefined, n: number) => {
    const numbers = createElements(typeOf(W.numbers), gates.length * O * n);
    if (tensor === undefined) return numbers;
    const orderedNumbers = takeOf({ ...tensor, dims: [gates.length, O * n] }, 0, gates).numbers;
    reorder(numbers, orderedNumbers, [gates.length, O, n], [2, 0, 1]);
    return numbers;
  };
  const weights = { Wi: inOrder(W, W.dims[1]), bi: inOrder(bi, 1), Wh: inOrder(R, O), bh: inOrder(bh, 1) };
  const names = [W, bi, R, bh].map((tensor) => tensor?.weight);
  const y = call.add(value, { kind, out: O, reverse: isReverse }, weights, names, W.weight !== undefined);
  const [[steps], [units]] = [newAxes([y.shape[0]]), newAxes([O])];
  return { type: x.type, axes: [steps, rows, units], stored: [...steps, ...units], value: y };
}

/** Whether a constant is 0 throughout. */
const isZero = (item: Item | undefined): boolean =>
  item === undefined || (isConstant(item) && item.numbers.every((x) => x === 0));

/** An item at an index of its first axis, without that axis. */
function at(call: Call, item: Item | undefined, index: number): Item | undefined {
  if (item === undefined) return undefined;
  const part = isConstant(item) ? takeOf(item, 0, [index]) : takeRows(call, item, 0, [index]);
  return inShape(call, part, extentsOf(part).slice(1));
}

function constantAt(call: Call, item: Item | undefined, index: number, description: string): Tensor {
  if (item === undefined || !isConstant(item))
    throw call.fault(`${description} that depend on its inputs`, 'constants');
  return at(call, item, index) as Tensor;
}

/** Lengths of sequences have to be those of all positions. */
function checkLengths(call: Call, lengths: Item | undefined, T: number): void {
  if (lengths === undefined) return;
  const short = constantNumbers(call, lengths, 'lengths').find((length) => length !== T);
  if (short !== undefined) throw call.fault(`a sequence of length ${short}`, `all ${T} positions`);
}

/** The operator: outputs [T, D, B, O] of D directions, and the last states [D, B, O]. */
const recurrent = (kind: Kind, stateCount: number) =>
  composedOperator((call, xs) => {
    const [first, W, R, biases, lengths, ...others] = xs;
    const isBatchFirst = call.int('layout', 0) !== 0;
    const moveItem = (item: Item | undefined): Item | undefined =>
      item && isBatchFirst ? call.apply('Transpose', [item], { perm: [1, 0, 2] })[0] : item;
    const x = moveItem(first) as Item;
    if (call.int('input_forget', 0) !== 0) throw call.fault('input_forget', '0');
    for (const name of ['clip', 'activation_alpha', 'activation_beta']) {
      if (call.has(name)) throw call.fault(name, 'none');
    }
    const [T, B] = extentsOf(x);
    checkLengths(call, lengths, T);
    const name = call.text('direction', 'forward');
    const directions = (name === 'bidirectional' ? [false, true] : [name === 'reverse']).map(
      (isReverse, d): Direction => {
        const R0 = constantAt(call, R, d, 'weights');
        const b = biases && constantAt(call, biases, d, 'biases');
        const half = R0.dims[0];
        const part = (k: number) =>
          b &&
          takeOf(
            b,
            0,
            Array.from({ length: half }, (_, i) => k * half + i),
          );
        return {
          isReverse,
          W: constantAt(call, W, d, 'weights'),
          R: R0,
          bi: part(0),
          bh: part(1),
          peepholes: others[stateCount] && constantAt(call, others[stateCount], d, 'peepholes'),
          states: Array.from({ length: stateCount }, (_, k) => at(call, moveItem(others[k]), d)),
        };
      },
    );
    const O = unitsOf(directions[0]);
    const isDefault =
      directions.every(({ states, peepholes }) => states.every(isZero) && isZero(peepholes)) &&
      !call.has('activations') &&
      (kind !== kinds.GRU || call.int('linear_before_reset', 0) !== 0) &&
      !call.isRead(2) &&
      !isConstant(x) &&
      (x.axes[1].length === 0 || (x.axes[1].length === 1 && x.axes[1][0] === ROWS));
    const { layer } = kind;
    const resultsByDirection = directions.map((direction): readonly [outputs: Item, last: readonly Item[]] => {
      if (isDefault && layer !== undefined) {
        const outputs = statesOfLayer(call, x as Rows, layer, direction);
        const last = takeRows(call, outputs, 0, [direction.isReverse ? 0 : T - 1]);
        return [inShape(call, outputs, [T, 1, B, O]), [last]];
      }
      const { each, last } = steps(call, x, kind, direction);
      const outputs = each.map((state) => inShape(call, state, [1, 1, B, O]));
      return [concat(call, outputs, 0), last.map((state) => inShape(call, state, [1, B, O]))];
    });
    const y = concat(
      call,
      resultsByDirection.map(([outputs]) => outputs),
      1,
    );
    const lasts = Array.from({ length: resultsByDirection[0][1].length }, (_, k) =>
      concat(
        call,
        resultsByDirection.map(([, last]) => last[k]),
        0,
      ),
    );
    if (!isBatchFirst) return [y, ...lasts];
    const [rows] = call.apply('Transpose', [y], { perm: [2, 0, 1, 3] });
    return [rows, ...lasts.map((state) => moveItem(state) as Item)];
  });

const concat = (call: Call, items: readonly Item[], axis: number): Item =>
  items.length === 1 ? items[0] : call.apply('Concat', items, { axis })[0];

export const recurrentOperators = {
  GRU: recurrent(kinds.GRU, 1),
  LSTM: recurrent(kinds.LSTM, 2),
  RNN: recurrent(kinds.RNN, 1),
};
