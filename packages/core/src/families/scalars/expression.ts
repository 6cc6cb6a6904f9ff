import type { ScalarMath } from '../../math/real-math.ts';
import { type ScalarName, scalars } from './index.ts';
import type { Scalar, Term, Terms } from './scalar.ts';

/** A step of an expression: an input by its index, a constant, or a function of earlier steps and constants. */
export type ExpressionStep = readonly [name: 'input' | 'constant' | ScalarName, ...operands: number[]];

/** Functions of numbers, as plain JSON. */
export interface Expression {
  /** The steps. None of them occurs twice. */
  readonly steps: readonly ExpressionStep[];
  /** The indices of the steps that are the results. */
  readonly results: readonly Term[];
}

/** Adds steps to an expression. */
export type ExpressionTerms = Terms & {
  readonly [Name in ScalarName]: (...operands: number[]) => Term;
} & {
  /** An input. */
  input(index: number): Term;
};

/** An expression that grows. Equal steps are made once; nothing is simplified but 1 · x. */
export function createTerms(): { readonly steps: ExpressionStep[]; readonly terms: ExpressionTerms } {
  const steps: ExpressionStep[] = [];
  const indices = new Map<string, Term>();
  function add(...step: ExpressionStep): Term {
    const key = step.join(' ');
    const index = indices.get(key) ?? steps.push(step) - 1;
    indices.set(key, index);
    return index;
  }
  const isOne = (term: Term): boolean => steps[term][0] === 'constant' && steps[term][1] === 1;
  const functions = Object.fromEntries(
    (Object.keys(scalars) as ScalarName[]).map((name) => [name, (...operands: number[]) => add(name, ...operands)]),
  ) as Pick<ExpressionTerms, ScalarName>;
  const terms = {
    ...functions,
    input: (index: number) => add('input', index),
    constant: (x: number) => add('constant', x + 0), // JSON has no -0
    times: (a: Term, b: Term) => (isOne(a) ? b : isOne(b) ? a : add('times', a, b)),
  } as ExpressionTerms;
  return { steps, terms };
}

/** The expression of functions of some inputs. */
export function expressionOf(make: (terms: ExpressionTerms) => readonly Term[]): Expression {
  const { steps, terms } = createTerms();
  return withoutUnused({ steps, results: make(terms) });
}

/** The results of an expression for its inputs, which are numbers, or values of a kernel. */
export function resultsOf<V, C>({ steps, results }: Expression, m: ScalarMath<V, C>, inputs: readonly V[]): V[] {
  const values: V[] = [];
  for (const [name, a, b, c, d] of steps) {
    if (name === 'input') values.push(inputs[a]);
    else if (name === 'constant') values.push(m.constant(a));
    else {
      const { operands, apply }: Scalar = scalars[name];
      const [p, q] = [b, c, d].slice(operands - 1);
      values.push(apply<V, C>(m, values[a], values[b], values[c], p, q));
    }
  }
  return results.map((result) => values[result]);
}

/** Operands of a step, and its constants. */
export function partsOf([name, ...numbers]: ExpressionStep): {
  operands: readonly Term[];
  constants: readonly number[];
} {
  if (name === 'input' || name === 'constant') return { operands: [], constants: numbers };
  const { operands } = scalars[name];
  return { operands: numbers.slice(0, operands), constants: numbers.slice(operands) };
}

/** The expression without steps that no result needs. */
function withoutUnused({ steps, results }: Expression): Expression {
  const isUsed = new Set(results);
  for (let s = steps.length - 1; s >= 0; s--)
    if (isUsed.has(s)) for (const o of partsOf(steps[s]).operands) isUsed.add(o);
  const usedSteps: ExpressionStep[] = [];
  const indices = new Map<Term, Term>();
  for (const [s, step] of steps.entries()) {
    if (!isUsed.has(s)) continue;
    const { operands, constants } = partsOf(step);
    indices.set(s, usedSteps.push([step[0], ...operands.map((o) => indices.get(o) as Term), ...constants]) - 1);
  }
  return { steps: usedSteps, results: results.map((result) => indices.get(result) as Term) };
}

export const expressionOfResults = ({ steps, results }: Expression, indices: readonly number[]): Expression =>
  withoutUnused({ steps, results: indices.map((k) => results[k]) });

/** An expression whose inputs are numbered by their places in `inputs`. */
export const withInputs = ({ steps, results }: Expression, inputs: readonly number[]): Expression => ({
  steps: steps.map((step) => (step[0] === 'input' ? ['input', inputs.indexOf(step[1])] : step)),
  results,
});

/** The inputs that an expression reads, ascending. */
export const inputsOfExpression = ({ steps }: Expression): number[] =>
  steps.flatMap(([name, index]) => (name === 'input' ? [index] : [])).sort((a, b) => a - b);

/**
 * The gradients of an expression with one result y by `inputs`, some of its n inputs. They are an expression of n + 2
 * inputs: the n, the gradient d by y, and y itself, which is read where a derivative needs it. Terms of one gradient
 * are added from the last step to the first. Each is flushed unless it is d itself; where y does not depend on an
 * input, it is 0.
 */
export function gradientOf(expression: Expression, n: number, inputs: readonly number[]): Expression {
  return expressionOf((terms) => {
    const d = terms.input(n);
    const copies = copiesIn(terms, expression);
    const { gradientBy } = gradientsIn(terms, expression, d, copies.with(expression.results[0], terms.input(n + 1)));
    return inputs.map((input) => {
      const gradient = gradientBy(input);
      return gradient === d ? d : terms.flush(gradient);
    });
  });
}

/** An expression with one result y, and its derivative by an input divided by a number, flushed. */
export function withSlope(expression: Expression, input: number, divisor: number): Expression {
  return expressionOf((terms) => {
    const copies = copiesIn(terms, expression);
    const slope = gradientsIn(terms, expression, terms.constant(1), copies).gradientBy(input);
    return [copies[expression.results[0]], terms.flush(terms.over(slope, terms.constant(divisor)))];
  });
}

/** Makes the steps of an expression once more. */
function copiesIn(terms: ExpressionTerms, { steps }: Expression): Term[] {
  const copies: Term[] = [];
  for (const step of steps) {
    const { operands, constants } = partsOf(step);
    const add = terms[step[0]] as (...numbers: number[]) => Term;
    copies.push(add(...operands.map((o) => copies[o]), ...constants));
  }
  return copies;
}

/** The operations that slopes are written with, as steps of an expression. */
function mathOfTerms(e: ExpressionTerms): ScalarMath<Term, Term> {
  const comparisons = { less: e.below, atMost: e.atMost, equal: e.equal, atLeast: e.atLeast, greater: e.above };
  return {
    ...e,
    type: 'float64', // no slope asks for it
    add: e.plus,
    subtract: e.minus,
    multiply: e.times,
    divide: e.over,
    squareRoot: e.sqrt,
    negative: e.negate,
    absolute: e.abs,
    lesser: (x, y) => e.where(e.below(x, y), x, y),
    greater: (x, y) => e.where(e.above(x, y), x, y),
    compare: (x, relation, y) =>
      relation === 'notLess' ? e.equal(e.below(x, y), e.constant(0)) : comparisons[relation](x, y),
    choose: e.where,
    expBelow: e.exp,
    expm1Below: e.expm1,
    log1pWithin: e.log1p,
  };
}

/** Makes the gradients by all steps from that by the result, d. `values` stand for the steps. */
function gradientsIn(
  terms: ExpressionTerms,
  { steps, results: [result] }: Expression,
  d: Term,
  values: readonly Term[],
): { gradientBy(input: number): Term } {
  const gradients = new Map<Term, Term>([[result, d]]);
  for (let s = steps.length - 1; s >= 0; s--) {
    const gradient = gradients.get(s);
    const [name] = steps[s];
    if (gradient === undefined || name === 'input' || name === 'constant') continue;
    const { operands, constants } = partsOf(steps[s]);
    const { derivative, slope }: Scalar = scalars[name];
    const inputs = operands.map((o) => values[o]);
    const parts =
      slope === undefined
        ? (derivative?.(terms, gradient, values[s], inputs, constants) ?? [])
        : [terms.times(gradient, slope(mathOfTerms(terms), inputs[0], values[s]))];
    for (const [k, part] of parts.entries()) {
      if (part === null) continue;
      const sum = gradients.get(operands[k]);
      gradients.set(operands[k], sum === undefined ? part : terms.plus(sum, part));
    }
  }
  return {
    gradientBy(input) {
      const index = steps.findIndex(([name, k]) => name === 'input' && k === input);
      return gradients.get(index) ?? terms.constant(0);
    },
  };
}
