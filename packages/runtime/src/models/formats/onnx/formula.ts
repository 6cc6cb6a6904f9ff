import type { Expression, ScalarName } from '@gradloom/core';
import { scalars } from '@gradloom/core/internal';
import { activationGraphs, erf } from './activations.ts';
import type { Emission } from './emission.ts';
import type { Graph, Value } from './graph.ts';
import type { Rows } from './rows.ts';

/** Adds the nodes of a scalar function; constants come after its operands. */
type EmitScalar = (graph: Graph, operands: readonly Value[], constants: readonly number[]) => Value;

const node =
  (operator: string): EmitScalar =>
  (graph, operands) =>
    graph.node(operator, operands);

const comparison =
  (operator: string): EmitScalar =>
  (graph, operands) =>
    graph.cast(graph.node(operator, operands), 'bool');

const activation =
  (name: keyof typeof activationGraphs): EmitScalar =>
  (graph, [x]) =>
    activationGraphs[name](graph, x, 0);

/** Each scalar function, from operators that onnxruntime supports for float64: see `activationGraphs`. */
const scalarGraphs: Readonly<Record<ScalarName, EmitScalar>> = {
  plus: node('Add'),
  minus: node('Sub'),
  times: node('Mul'),
  over: node('Div'),
  minimum: node('Min'),
  maximum: node('Max'),
  above: comparison('Greater'),
  below: comparison('Less'),
  atLeast: comparison('GreaterOrEqual'),
  atMost: comparison('LessOrEqual'),
  equal: comparison('Equal'),
  where: (graph, [a, b, c]) => graph.node('Where', [graph.node('Equal', [a, graph.number(0)]), c, b]),
  negate: node('Neg'),
  abs: node('Abs'),
  sign: node('Sign'),
  floor: node('Floor'),
  ceil: node('Ceil'),
  round: node('Round'),
  exp: node('Exp'),
  expm1: (graph, [x]) => graph.node('Sub', [graph.node('Exp', [x]), graph.number(1)]),
  log: node('Log'),
  log1p: (graph, [x]) => graph.node('Log', [graph.node('Add', [x, graph.number(1)])]),
  sqrt: node('Sqrt'),
  square: (graph, [x]) => graph.node('Mul', [x, x]),
  reciprocal: (graph, [x]) => graph.node('Div', [graph.number(1), x]),
  tanh: node('Tanh'),
  sigmoid: node('Sigmoid'),
  erf: (graph, [x]) => erf(graph, x),
  sin: node('Sin'),
  // onnxruntime has no Cos of doubles.
  cos: (graph, [x]) => graph.node('Sin', [graph.node('Add', [x, graph.number(Math.PI / 2)])]),
  relu: activation('relu'),
  softplus: activation('softplus'),
  softsign: activation('softsign'),
  silu: activation('silu'),
  gelu: activation('gelu'),
  power: (graph, [x], [p]) => graph.node('Pow', [x, graph.number(p)]),
  clip: (graph, [x], [p, q]) => graph.node('Min', [graph.node('Max', [x, graph.number(p)]), graph.number(q)]),
  flush: (_graph, [x]) => x,
};

const SUM: Expression = {
  steps: [
    ['input', 0],
    ['input', 1],
    ['plus', 0, 1],
  ],
  results: [2],
};

/** A layer that is a function of its inputs and tensors, number by number. */
export function formula({ graph, channels, xs, networkLayer: { path, layer }, tensor }: Emission): Rows {
  const { in: shapes, out, tensors } = layer;
  const { steps, results } = layer.expression ?? SUM;
  const isOneShape = shapes.every((shape) => String(shape) === String(out));
  const move = isOneShape && out.length > 1 ? channels.first : channels.last;
  const isOneOrder = xs.every(({ image }) => String(image) === String(xs[0].image));
  // Tensors have their axes in the order of here.
  const rows = tensors.length > 0 ? xs.map(channels.last) : isOneOrder ? xs : xs.map(move);
  // ONNX counts axes from the last one, and N is the first.
  const inputs = rows.map(({ shape, value }) => {
    const ones = out.slice(shape.length).map(() => 1);
    return ones.length === 0 ? value : graph.reshape(value, [0, ...ones, ...shape]);
  });
  inputs.push(...tensors.map(({ name, shape }) => graph.reals(`${path}.${name}`, shape, tensor(name))));
  const values: Value[] = [];
  for (const [name, ...numbers] of steps) {
    if (name === 'input') values.push(inputs[numbers[0]]);
    else if (name === 'constant') values.push(graph.number(numbers[0]));
    else {
      const { operands } = scalars[name];
      const operandValues = numbers.slice(0, operands).map((step) => values[step]);
      values.push(scalarGraphs[name](graph, operandValues, numbers.slice(operands)));
    }
  }
  return { shape: out, value: values[results[0]], image: rows[0].image };
}
