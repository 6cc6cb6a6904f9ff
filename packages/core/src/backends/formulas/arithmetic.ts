import type { Isa } from '../isa/isa.ts';
import { createFormula, type Formula } from './formula.ts';
import { type Functions, functionsOf } from './functions.ts';

/** What formulas are written with. */
export type Arithmetic = Formula & Functions;

/** An empty formula for a processor, with the functions of its type. */
export function createArithmetic({ type, formulas }: Pick<Isa, 'type' | 'formulas'>): Arithmetic {
  const formula = createFormula(type, formulas.scale !== undefined);
  return { ...formula, ...functionsOf(formula) };
}
