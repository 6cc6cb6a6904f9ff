import type { ActivationName } from '@gradloom/core';
import { erfPolynomials } from '@gradloom/core/internal';
import type { Graph, Value } from './graph.ts';

type EmitActivation = (graph: Graph, z: Value, alpha: number) => Value;

export const NO_ALPHA = 0; // for activations without α

/**
 * a = f(z) from operators that onnxruntime supports for float64. It lacks Erf, Gelu, Elu, Softplus and Softsign, and
 * LeakyRelu takes α as a float32, so these are composed of others.
 */
export const activationGraphs: Readonly<Record<ActivationName, EmitActivation>> = {
  identity: (_graph, z) => z,
  sigmoid: (graph, z) => graph.node('Sigmoid', [z]),
  tanh: (graph, z) => graph.node('Tanh', [z]),
  relu: (graph, z) => graph.node('Relu', [z]),
  'leaky-relu': (graph, z, alpha) => whereAbove0(graph, z, graph.node('Mul', [z, graph.number(alpha)])),
  elu(graph, z, alpha) {
    // e^z would overflow for a large z, where it is not needed.
    const below = graph.node('Min', [z, graph.number(0)]);
    const rise = graph.node('Sub', [graph.node('Exp', [below]), graph.number(1)]);
    return whereAbove0(graph, z, graph.node('Mul', [rise, graph.number(alpha)]));
  },
  gelu(graph, z) {
    const factor = graph.node('Add', [erf(graph, graph.node('Mul', [z, graph.number(Math.SQRT1_2)])), graph.number(1)]);
    return graph.node('Mul', [graph.node('Mul', [z, graph.number(0.5)]), factor]);
  },
  'gelu-tanh'(graph, z) {
    const square = graph.node('Mul', [z, z]);
    const cubic = graph.node('Add', [graph.node('Mul', [square, graph.number(0.044715)]), graph.number(1)]);
    const inner = graph.node('Mul', [graph.node('Mul', [z, graph.number(Math.sqrt(2 / Math.PI))]), cubic]);
    const factor = graph.node('Add', [graph.node('Tanh', [inner]), graph.number(1)]);
    return graph.node('Mul', [graph.node('Mul', [z, graph.number(0.5)]), factor]);
  },
  // Not z · σ(z), which onnxruntime fuses into an operator that it lacks for float64.
  silu(graph, z) {
    const exponential = graph.node('Exp', [graph.node('Neg', [z])]);
    return graph.node('Div', [z, graph.node('Add', [exponential, graph.number(1)])]);
  },
  softplus(graph, z) {
    const exponential = graph.node('Exp', [graph.node('Neg', [graph.node('Abs', [z])])]);
    const log = graph.node('Log', [graph.node('Add', [exponential, graph.number(1)])]);
    return graph.node('Add', [graph.node('Max', [z, graph.number(0)]), log]);
  },
  softsign: (graph, z) => graph.node('Div', [z, graph.node('Add', [graph.node('Abs', [z]), graph.number(1)])]),
  step: (graph, z) => graph.cast(graph.node('GreaterOrEqual', [z, graph.number(0)]), 'bool'),
};

/** z if z > 0, else `below`. */
const whereAbove0 = (graph: Graph, z: Value, below: Value): Value =>
  graph.node('Where', [graph.node('Greater', [z, graph.number(0)]), z, below]);

/**
 * erf x by core's formula: x + x · P(x²) for |x| < 0.875, else the sign of x times 1 - e^(-t · Q(t)) with t = min(|x|,
 * 6).
 */
export function erf(graph: Graph, x: Value): Value {
  const absolute = graph.node('Abs', [x]);
  const inner = polynomial(graph, graph.node('Mul', [x, x]), erfPolynomials.P);
  const besideZero = graph.node('Add', [x, graph.node('Mul', [x, inner])]);
  const t = graph.node('Min', [absolute, graph.number(6)]);
  const logarithm = graph.node('Mul', [t, polynomial(graph, t, erfPolynomials.Q)]);
  const rest = graph.node('Sub', [graph.number(1), graph.node('Exp', [graph.node('Neg', [logarithm])])]);
  const far = graph.node('Mul', [rest, graph.node('Sign', [x])]);
  return graph.node('Where', [graph.node('Less', [absolute, graph.number(0.875)]), besideZero, far]);
}

/** Σ cᵢxⁱ by Horner's rule. */
function polynomial(graph: Graph, x: Value, coefficients: readonly number[]): Value {
  const [highest, ...others] = [...coefficients].reverse();
  return others.reduce<Value>(
    (sum, coefficient) => graph.node('Add', [graph.node('Mul', [sum, x]), graph.number(coefficient)]),
    graph.number(highest),
  );
}
