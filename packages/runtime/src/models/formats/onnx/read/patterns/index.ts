import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { normLayer } from '../operators/norms.ts';
import type { Tensor } from '../tensor.ts';
import { attention } from './attention.ts';
import { any, anyNumber, either, mean, number, operatorTerm, power, product, root, sum, type Term } from './terms.ts';

/** Operators of a graph that are one layer. */
export interface Pattern {
  /** The value that the operators make. */
  readonly term: Term;
  /** The layer, of the values and numbers that the term names; undefined if it does not fit their shapes. */
  readonly layer: (
    call: Call,
    values: Readonly<Record<string, Item>>,
    numbers: Readonly<Record<string, number>>,
  ) => Item | undefined;
}

const [x, gamma, beta, epsilon] = [any('x'), any('gamma'), any('beta'), anyNumber('epsilon')];

/** y / √(the mean of its squares + ε). */
function normalizedTerm(y: Term): Term {
  const deviation = root(sum(mean(power(y, 2)), epsilon));
  const inverse = either(operatorTerm('Reciprocal', deviation), operatorTerm('Div', number(1), deviation));
  return either(operatorTerm('Div', y, deviation), product(y, inverse));
}

/** A norm over the last axis, if it is that, with weights that are constants of its extent. */
const norm =
  (kind: 'layer-norm' | 'rms-norm'): Pattern['layer'] =>
  (call, { x, gamma, beta }, { axis, epsilon }) => {
    const [dims, rank] = [extentsOf(x), extentsOf(x).length];
    const isWeight = (item: Item): item is Tensor =>
      isConstant(item) &&
      item.dims.length <= rank &&
      [item.numbers.length, item.dims.at(-1)].every((n) => n === dims[rank - 1]);
    if (isConstant(x) || !(axis === -1 || axis === rank - 1) || epsilon <= 0) return undefined;
    if (!isWeight(gamma) || !(beta === undefined || isWeight(beta))) return undefined;
    return normLayer(call, kind, epsilon, x, rank - 1, gamma, beta);
  };

const activation =
  (fn: 'gelu' | 'gelu-tanh' | 'silu'): Pattern['layer'] =>
  (_call, { x }) =>
    isConstant(x) ? undefined : { ...x, value: x.value.through({ kind: 'activation', fn }) };

const centered = operatorTerm('Sub', x, mean(x));
const scaled = product(normalizedTerm(centered), gamma);
const erf = operatorTerm('Erf', either(operatorTerm('Div', x, number(Math.SQRT2)), product(x, number(Math.SQRT1_2))));
const cubic = sum(x, product(number(0.044715), power(x, 3)));

/**
 * Layers that programs write in pieces. If several patterns fit a value, the first counts. To add a pattern, write an
 * entry. The import compares the answers of such layers with those of the operators, as it compares all answers.
 */
export const patterns: readonly Pattern[] = [
  { term: sum(scaled, beta), layer: norm('layer-norm') },
  { term: scaled, layer: norm('layer-norm') },
  { term: product(normalizedTerm(x), gamma), layer: norm('rms-norm') },
  { term: product(number(0.5), x, sum(number(1), erf)), layer: activation('gelu') },
  {
    term: product(number(0.5), x, sum(number(1), operatorTerm('Tanh', product(number(Math.sqrt(2 / Math.PI)), cubic)))),
    layer: activation('gelu-tanh'),
  },
  { term: product(x, operatorTerm('Sigmoid', either(x, product(x, number(1))))), layer: activation('silu') },
  attention,
];
