import { OptionError } from '../../checks/option-error.ts';
import { has, listed, show } from '../../checks/show.ts';
import { type Expression, type ExpressionTerms, expressionOf } from './expression.ts';
import { type ScalarName, scalars } from './index.ts';
import type { Term } from './scalar.ts';

/**
 * A number of a formula: an input, a tensor, or what a function makes of others. `x.times(gamma).plus(1).tanh()` is
 * traced once, where a network or a loss is built, and becomes a list of steps. Each function is in
 * `families/scalars/index.ts`.
 */
export type FormulaValue = {
  readonly [Name in
    | ('negate' | 'abs' | 'sign' | 'floor' | 'ceil' | 'round' | 'exp' | 'expm1' | 'log' | 'log1p' | 'sqrt' | 'square')
    | ('reciprocal' | 'tanh' | 'sigmoid' | 'erf' | 'sin' | 'cos' | 'relu' | 'softplus' | 'softsign' | 'silu')
    | 'gelu']: () => FormulaValue;
} & {
  readonly [Name in
    | ('plus' | 'minus' | 'times' | 'over' | 'minimum' | 'maximum')
    | ('above' | 'below' | 'atLeast' | 'atMost' | 'equal')]: (other: FormulaValue | number) => FormulaValue;
} & {
  /** `b` where this value is not 0, else `c`. */
  where(b: FormulaValue | number, c: FormulaValue | number): FormulaValue;
  /** xᵖ: NaN for x < 0 unless p is a whole number up to 32. */
  power(exponent: number): FormulaValue;
  /** x, but at least `min` and at most `max`. */
  clip(min: number, max: number): FormulaValue;
};

/** The values that a formula reads, by name, and its options. */
export type FormulaScope<Names extends string, Options> = { readonly [Name in Names]: FormulaValue } & Options;

/**
 * The expression that a formula makes of values by these names, which are its inputs in order, and of options.
 * @throws OptionError for a name that is neither, and for a function of what is no number and no value.
 */
export function traceFormula<Scope>(
  part: string,
  names: readonly string[],
  options: Readonly<Record<string, unknown>>,
  formula: (scope: Scope) => FormulaValue,
): Expression {
  for (const [k, name] of names.entries()) {
    if (names.indexOf(name) === k && !Object.hasOwn(options, name)) continue;
    throw new OptionError(part, name, 'names two of its inputs, tensors and options, expected a name for each');
  }
  return expressionOf((terms) => {
    const { create, termOf } = valuesOf(part, terms);
    const scope = { ...options, ...Object.fromEntries(names.map((name, k) => [name, create(terms.input(k))])) };
    const known = Object.keys(scope);
    const checked = new Proxy(scope, {
      get(target, name) {
        if (typeof name === 'string' && !Object.hasOwn(target, name)) {
          throw new OptionError(part, name, `is read by the formula, expected one of ${listed(known)}`);
        }
        return Reflect.get(target, name);
      },
    });
    const result: unknown = traced(part, () => formula(checked as Scope));
    const term = termOf(result);
    if (term !== undefined) return [term];
    throw new OptionError(
      part,
      'formula',
      `returns ${show(result)}, expected a value: ${names[0]}, or what its methods return`,
    );
  });
}

/** The result of a formula. @throws Error for a method that values do not have. */
function traced<T>(part: string, formula: () => T): T {
  try {
    return formula();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new OptionError(part, 'formula', `fails: ${error.message}, expected methods of values such as times or exp`);
  }
}

/** Makes values whose methods add steps to an expression. */
function valuesOf(part: string, terms: ExpressionTerms) {
  const termsByValue = new WeakMap<object, Term>();
  const termOf = (value: unknown): Term | undefined =>
    typeof value === 'object' && value !== null ? termsByValue.get(value) : undefined;

  function create(term: Term): FormulaValue {
    const value = Object.create(methods) as FormulaValue;
    termsByValue.set(value, term);
    return value;
  }

  /** `x > 0` and `x * 2` would make a number of a value without a word. */
  function refuseConversion(): never {
    const expected = 'expected methods of values: x.above(0).where(a, b), x.times(2)';
    throw new OptionError(part, 'formula', `compares or converts a value, ${expected}`);
  }

  const methods = Object.fromEntries<unknown>(
    (Object.keys(scalars) as ScalarName[]).map((name) => {
      const { operands, constants = [] } = scalars[name];
      function method(this: unknown, ...args: unknown[]): FormulaValue {
        const operandsAndConstants = [this, ...args];
        const numbers = Array.from({ length: operands + constants.length }, (_, k): number => {
          const term = k < operands ? termOf(operandsAndConstants[k]) : undefined;
          if (term !== undefined) return term;
          const number = operandsAndConstants[k];
          if (typeof number === 'number' && Number.isFinite(number))
            return k < operands ? terms.constant(number) : number;
          const expected = k < operands ? 'a finite number, or a value of this formula' : 'a finite number';
          throw new OptionError(part, name, `${has(number)}, expected ${expected}`);
        });
        return create(terms[name](...numbers));
      }
      return [name, method];
    }),
  );
  Object.defineProperty(methods, Symbol.toPrimitive, { value: refuseConversion });
  return { create, termOf };
}
