import { type Expression, type ExpressionTerms, expressionOf, partsOf } from '../../families/scalars/expression.ts';
import type { Term } from '../../families/scalars/scalar.ts';
import type { Elements } from '../../math/element-type.ts';
import { type Formula, isSpread } from '../reference/formula.ts';

/** Limits of joined formulas, the same on every machine: arrays, values that wait to be read at a time, and steps. */
const MAX_ARRAYS = 8;
const MAX_LIVE_VALUES = 12;
const MAX_STEPS = 64;

/** The arrays of a formula for B rows. */
export interface FormulaArrays {
  readonly formula: Formula;
  readonly outputs: readonly Elements[];
  readonly inputs: readonly Elements[];
  readonly B: number;
}

/**
 * Two formulas of one size, one after the other, as one whose values stay in registers: arrays are read and written
 * once. What the second overwrites, the first does not write. All bits stay the same. Null if sizes differ, if one
 * reads elsewhere what the other writes, or beyond the limits.
 */
export function joinFormulas(first: FormulaArrays, second: FormulaArrays): FormulaArrays | null {
  if (first.B !== second.B) return null;
  const { shape } = first.formula;
  if (String(shape) !== String(second.formula.shape)) return null;
  /** Whether the arrays are apart, or the same and read at the same place. */
  const fits = (output: Elements, { formula, inputs }: FormulaArrays): boolean =>
    inputs.every((input, k) => areApart(output, input) || (isSame(output, input) && !isSpread(formula, k)));
  if (!first.outputs.every((output) => fits(output, second))) return null;
  if (!second.outputs.every((output) => fits(output, first))) return null;
  const isOverwritten = (output: Elements): boolean => second.outputs.some((other) => isSame(output, other));
  if (first.outputs.some((a) => !isOverwritten(a) && second.outputs.some((b) => !areApart(a, b)))) return null;

  const inputs: { readonly array: Elements; readonly input: Formula['inputs'][number] }[] = [];
  const finalOutputs = [...first.outputs.keys()].filter((k) => !isOverwritten(first.outputs[k]));
  const outputs = [...finalOutputs.map((k) => first.outputs[k]), ...second.outputs];
  const expression = expressionOf((terms) => {
    function inputOf({ formula, inputs: arrays }: FormulaArrays, k: number): Term {
      const input = formula.inputs[k];
      const isKnown = (other: (typeof inputs)[number]): boolean =>
        isSame(other.array, arrays[k]) && JSON.stringify(other.input) === JSON.stringify(input);
      const index = inputs.findIndex(isKnown);
      return terms.input(index === -1 ? inputs.push({ array: arrays[k], input }) - 1 : index);
    }
    const firstResults = copyInto(terms, first.formula.expression, (k) => inputOf(first, k));
    const secondResults = copyInto(terms, second.formula.expression, (k) => {
      const outputIndex = first.outputs.findLastIndex((output) => isSame(output, second.inputs[k]));
      return outputIndex === -1 ? inputOf(second, k) : firstResults[outputIndex];
    });
    return [...finalOutputs.map((k) => firstResults[k]), ...secondResults];
  });
  // Kernels store an input that is a result at once, though another input may still be read from there.
  if (expression.results.some((result) => expression.steps[result][0] === 'input')) return null;
  const read = new Set(expression.steps.flatMap(([name, k]) => (name === 'input' ? [k] : [])));
  if (read.size < inputs.length) return null; // an input of what is overwritten alone
  if (outputs.length + inputs.length > MAX_ARRAYS || expression.steps.length > MAX_STEPS) return null;
  if (liveValues(expression) > MAX_LIVE_VALUES) return null;
  const formula = { expression, shape, inputs: inputs.map(({ input }) => input) };
  return { formula, outputs, inputs: inputs.map(({ array }) => array), B: first.B };
}

/** Adds the steps of an expression, whose inputs are these terms. Returns its results. */
function copyInto(terms: ExpressionTerms, { steps, results }: Expression, inputOf: (k: number) => Term): Term[] {
  const copies: Term[] = [];
  for (const step of steps) {
    const { operands, constants } = partsOf(step);
    const add = terms[step[0]] as (...numbers: number[]) => Term;
    copies.push(step[0] === 'input' ? inputOf(step[1]) : add(...operands.map((o) => copies[o]), ...constants));
  }
  return results.map((result) => copies[result]);
}

/** The most values of an expression that are read later, but for constants, at any of its steps. */
function liveValues({ steps, results }: Expression): number {
  const lastReads = new Map<Term, number>(results.map((result) => [result, result]));
  for (const [s, step] of steps.entries()) for (const o of partsOf(step).operands) lastReads.set(o, s);
  let maxLive = 0;
  const liveTerms = new Set<Term>();
  for (const [s, step] of steps.entries()) {
    if (step[0] !== 'constant') liveTerms.add(s);
    maxLive = Math.max(maxLive, liveTerms.size);
    for (const value of liveTerms) if ((lastReads.get(value) ?? s) <= s) liveTerms.delete(value);
  }
  return maxLive;
}

const isSame = (a: Elements, b: Elements): boolean =>
  a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length;

const areApart = (a: Elements, b: Elements): boolean =>
  a.buffer !== b.buffer || a.byteOffset + a.byteLength <= b.byteOffset || b.byteOffset + b.byteLength <= a.byteOffset;
