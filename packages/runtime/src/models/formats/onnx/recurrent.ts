import type { Elements, Shape } from '@gradloom/core';
import { createElements, typeOf } from '@gradloom/core/internal';
import { activationGraphs, NO_ALPHA } from './activations.ts';
import type { Graph, Value } from './graph.ts';
import { type Rows, range } from './rows.ts';

// onnxruntime has GRU and LSTM for float32 only. In float64, a Scan iterates over the positions.

/** Sizes, weights and options of a recurrent layer. */
export interface Recurrence {
  readonly name: string;
  readonly kind: 'gru' | 'lstm';
  readonly positions: number; // T
  readonly lengths: Value; // lengths of the rows [N, 1], or [1, 1] if all are the same
  readonly inputs: number; // C
  readonly units: number; // O
  readonly isReverse: boolean;
  readonly isSequence: boolean; // whether it returns the states of all positions, or only the last
  readonly Wi: Elements; // [C, gates, O]
  readonly bi: Elements; // [gates, O]
  readonly Wh: Elements; // [O, gates, O]
  readonly bh: Elements; // [gates, O]
}

/** Our gates (r, z, n of a GRU; i, f, g, o of an LSTM) in ONNX's order (z, r, n; i, o, f, g). */
const gateOrders = { gru: [1, 0, 2], lstm: [0, 3, 1, 2] } as const;

const INT32 = 6; // TensorProto.DataType

/** The number of rows [1]. */
const rowsOf = (graph: Graph, { value }: Rows): Value =>
  graph.node('Slice', [graph.node('Shape', [value]), graph.integers([0]), graph.integers([1])]);

/** The states [N, T, O] of sequences x; [N, O], the last ones, if the layer returns no sequence. */
export const recur = (graph: Graph, x: Rows, layer: Recurrence): Value =>
  graph.type === 'float' ? nativeNode(graph, x, layer) : scan(graph, x, layer);

function nativeNode(graph: Graph, x: Rows, { name, kind, inputs: C, units: O, ...layer }: Recurrence): Value {
  const order = gateOrders[kind];
  const lengths = graph.node('Squeeze', [layer.lengths, graph.integers([1])]);
  const G = order.length * O;
  /** W [I, gates, O] as [1, gates · O, I], with the gates in ONNX's order. */
  const weights = (W: Elements, I: number): Elements =>
    W.map((_, k) => W[(k % I) * G + order[Math.floor(k / I / O)] * O + (Math.floor(k / I) % O)]);
  const biases = [layer.bi, layer.bh].map((b) => b.map((_, k) => b[order[Math.floor(k / O)] * O + (k % O)]));
  const bias = createElements(typeOf(layer.bi), 2 * G);
  bias.set(biases[0]);
  bias.set(biases[1], G);
  const [allStates, lastState] = graph.outputs(
    kind.toUpperCase(),
    [
      graph.node('Transpose', [x.value], { perm: x.image === null ? [1, 0, 2] : [2, 0, 1] }),
      graph.reals(`${name}.W`, [1, G, C], weights(layer.Wi, C)),
      graph.reals(`${name}.R`, [1, G, O], weights(layer.Wh, O)),
      graph.reals(`${name}.B`, [1, 2 * G], bias),
      graph.node('Cast', [graph.node('Expand', [lengths, rowsOf(graph, x)])], { to: INT32 }),
    ],
    2,
    {
      hidden_size: O,
      direction: layer.isReverse ? 'reverse' : 'forward',
      ...(kind === 'gru' ? { linear_before_reset: 1 } : {}),
    },
  );
  // The states are [T, 1, N, O], the last one [1, N, O].
  if (!layer.isSequence) return graph.node('Squeeze', [lastState, graph.integers([0])]);
  const states = graph.node('Squeeze', [allStates, graph.integers([1])]);
  return graph.node('Transpose', [states], { perm: [1, 0, 2] });
}

/** Multiplies Wi by the inputs of all positions at once, and Wh by each state in the body of a Scan, gate by gate. */
function scan(graph: Graph, x: Rows, { name, kind, inputs: C, units: O, ...layer }: Recurrence): Value {
  const gates = gateOrders[kind].length;
  // Inputs with channels first are multiplied as Wᵀ · x: onnxruntime would fuse a Transpose and a MatMul into a node
  // that it has for float32 only.
  const isChannelsFirst = x.image !== null;
  const positionAxis = isChannelsFirst ? 2 : 1;
  /** A gate's constant [.., O] from numbers [.., gates, O]; that of Wi as [O, C] if channels come first. */
  const gatePart = (label: string, gate: number, shape: Shape, numbers: Elements) => {
    const gateNumbers = numbers.filter((_, k) => Math.floor(k / O) % gates === gate);
    const isTransposed = label === 'Wi' && isChannelsFirst;
    const values = isTransposed ? gateNumbers.map((_, k) => gateNumbers[(k % C) * O + Math.floor(k / C)]) : gateNumbers;
    return graph.reals(`${name}.${label}.${gate}`, shape, values);
  };
  const perGate = (make: (gate: number) => Value): Value[] => Array.from({ length: gates }, (_, gate) => make(gate));
  const inputProducts = perGate((gate) => {
    const W = gatePart('Wi', gate, isChannelsFirst ? [O, C] : [C, O], layer.Wi);
    const product = graph.node('MatMul', isChannelsFirst ? [W, x.value] : [x.value, W]);
    return graph.node('Add', [product, gatePart('bi', gate, isChannelsFirst ? [O, 1] : [O], layer.bi)]);
  });
  const zeros = graph.node('Expand', [
    graph.number(0),
    graph.node('Concat', [rowsOf(graph, x), graph.integers([O])], { axis: 0 }),
  ]);

  const body = graph.body();
  const addInput = (label: string): Value => body.input(`gradloom/${name}/${label}`, 'double', [O], '');
  const addOutput = (label: string, value: Value): void =>
    body.output(`gradloom/${name}/${label}`, value, 'double', [O], '');
  const states = (kind === 'gru' ? ['h'] : ['h', 'c']).map(addInput);
  const [h, c] = states;
  // The products of the inputs, p, and of the state, q, by gate.
  const p = perGate((gate) => addInput(`p${gate}`));
  const isWithinRow = body.node('Less', [body.integer(`gradloom/${name}/position`), layer.lengths]);
  const whereWithinRow = (value: Value, other: Value): Value => body.node('Where', [isWithinRow, value, other]);
  const q = perGate((gate) => {
    const product = body.node('MatMul', [h, gatePart('Wh', gate, [O, O], layer.Wh)]);
    return body.node('Add', [product, gatePart('bh', gate, [O], layer.bh)]);
  });
  const add = (a: Value, b: Value): Value => body.node('Add', [a, b]);
  const multiply = (a: Value, b: Value): Value => body.node('Mul', [a, b]);
  const sigmoid = (a: Value): Value => activationGraphs.sigmoid(body, a, NO_ALPHA);
  const tanh = (a: Value): Value => activationGraphs.tanh(body, a, NO_ALPHA);
  let next: Value;
  if (kind === 'gru') {
    const [r, z] = [0, 1].map((gate) => sigmoid(add(p[gate], q[gate])));
    const n = tanh(add(p[2], multiply(r, q[2])));
    next = add(n, multiply(z, body.node('Sub', [h, n])));
    addOutput('next h', whereWithinRow(next, h));
  } else {
    const [i, f, o] = [0, 1, 3].map((gate) => sigmoid(add(p[gate], q[gate])));
    const cell = add(multiply(f, c), multiply(i, tanh(add(p[2], q[2]))));
    next = multiply(o, tanh(cell));
    addOutput('next h', whereWithinRow(next, h));
    addOutput('next c', whereWithinRow(cell, c));
  }
  addOutput('y', whereWithinRow(next, body.number(0)));
  const results = graph.outputs(
    'Scan',
    [...states.map(() => zeros), ...inputProducts, graph.integers(range(layer.positions))],
    states.length + 1,
    {
      body: body.finish(),
      num_scan_inputs: gates + 1,
      scan_input_axes: [...inputProducts.map(() => positionAxis), 0],
      scan_input_directions: Array.from({ length: gates + 1 }, () => Number(layer.isReverse)),
      scan_output_axes: [1],
      scan_output_directions: [Number(layer.isReverse)],
    },
  );
  return layer.isSequence ? results[states.length] : results[0];
}
