import type { Message } from '../../schema.ts';
import type { Tensor } from '../tensor.ts';

/** A node of a graph. */
export type Node = Message<'NodeProto'>;

/** Values of a graph by the names that a pattern has for them, and the numbers that it asks for. */
export interface Found {
  readonly values: ReadonlyMap<string, string>;
  readonly numbers: ReadonlyMap<string, number>;
}

/** A graph as patterns read it: the node that makes a value, and the numbers of a constant. */
export interface Graph {
  makerOf(value: string): Node | undefined;
  numbersOf(value: string): Tensor['numbers'] | undefined;
}

/** The ways in which a value of a graph is what a pattern says, each with what it found so far. */
export type Term = (graph: Graph, value: string, bindings: Found) => Iterable<Found>;

export const NOTHING: Found = { values: new Map(), numbers: new Map() };

/** Any value: the same wherever the pattern has this name. */
export const any = (name: string): Term =>
  function* (_graph, value, bindings) {
    const known = bindings.values.get(name);
    if (known === undefined) yield { ...bindings, values: new Map(bindings.values).set(name, value) };
    else if (known === value) yield bindings;
  };

function* withNumber(bindings: Found, name: string, number: number): Iterable<Found> {
  const known = bindings.numbers.get(name);
  if (known === undefined) yield { ...bindings, numbers: new Map(bindings.numbers).set(name, number) };
  else if (known === number) yield bindings;
}

/** A constant of one number, any one: the same wherever the pattern has this name. */
export const anyNumber = (name: string): Term =>
  function* (graph, value, bindings) {
    const numbers = graph.numbersOf(value);
    if (numbers?.length === 1) yield* withNumber(bindings, name, numbers[0]);
  };

/** Files have their constants in float32, or with a few digits. */
const ROUNDING = 1e-6;

/** A constant of this number, rounded to float32. */
export const number = (expected: number): Term =>
  function* (graph, value, bindings) {
    const numbers = graph.numbersOf(value);
    if (numbers?.length === 1 && Math.abs(numbers[0] / expected - 1) < ROUNDING) yield bindings;
  };

function madeBy(graph: Graph, value: string, operator: string): Node | undefined {
  const node = graph.makerOf(value);
  return node?.opType === operator && (node.domain ?? '') === '' ? node : undefined;
}

/** An operator of inputs in their order. */
export const operatorTerm = (operator: string, ...inputs: readonly Term[]): Term =>
  function* (graph, value, bindings) {
    const read = madeBy(graph, value, operator)?.input;
    if (read?.length === inputs.length) yield* allOf(graph, read, inputs, bindings);
  };

function* allOf(
  graph: Graph,
  values: readonly string[],
  [term, ...terms]: readonly Term[],
  bindings: Found,
): Iterable<Found> {
  if (term === undefined) yield bindings;
  else for (const next of term(graph, values[0], bindings)) yield* allOf(graph, values.slice(1), terms, next);
}

/** One of several terms. */
export const either = (...terms: readonly Term[]): Term =>
  function* (graph, value, bindings) {
    for (const term of terms) yield* term(graph, value, bindings);
  };

/** An operator whose inputs may be in any order and, of more than two, in any brackets. */
const commutativeTerm = (operator: string, terms: readonly Term[]): Term =>
  function* (graph, value, bindings) {
    if (terms.length === 1) yield* terms[0](graph, value, bindings);
    const read = madeBy(graph, value, operator)?.input;
    if (terms.length === 1 || read?.length !== 2) return;
    const allTerms = 2 ** terms.length - 1;
    for (let subset = 1; subset < allTerms; subset++) {
      const [first, second] = [1, 0].map((side) => terms.filter((_, k) => ((subset >> k) & 1) === side));
      yield* allOf(graph, read, [commutativeTerm(operator, first), commutativeTerm(operator, second)], bindings);
    }
  };

export const sum = (...terms: readonly Term[]): Term => commutativeTerm('Add', terms);
export const product = (...terms: readonly Term[]): Term => commutativeTerm('Mul', terms);
export const root = (x: Term): Term => operatorTerm('Sqrt', x);

/** A power of a whole exponent, also as a product. */
export const power = (x: Term, exponent: number): Term =>
  either(operatorTerm('Pow', x, number(exponent)), product(...Array<Term>(exponent).fill(x)));

/** The mean over one axis, whose number in the graph has the name `axis`. */
export const mean = (x: Term): Term =>
  function* (graph, value, bindings) {
    const { input: read = [], attribute = [] } = madeBy(graph, value, 'ReduceMean') ?? {};
    const attributeOf = (name: string) => attribute.find((entry) => entry.name === name);
    const axes = read[1] === undefined ? attributeOf('axes')?.ints?.map(Number) : graph.numbersOf(read[1]);
    if (axes?.length !== 1 || Number(attributeOf('keepdims')?.i ?? 1) === 0) return;
    for (const next of withNumber(bindings, 'axis', axes[0])) yield* x(graph, read[0], next);
  };

/** A softmax, whose axis has the name `axis`; NaN if its node does not say it. */
export const softmax = (x: Term): Term =>
  function* (graph, value, bindings) {
    const { input = [], attribute = [] } = madeBy(graph, value, 'Softmax') ?? {};
    const axis = Number(attribute.find((entry) => entry.name === 'axis')?.i ?? Number.NaN);
    for (const next of input.length === 1 ? withNumber(bindings, 'axis', axis) : []) yield* x(graph, input[0], next);
  };
