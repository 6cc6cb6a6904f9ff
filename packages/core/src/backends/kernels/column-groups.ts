import { type Arithmetic, createArithmetic } from '../formulas/arithmetic.ts';
import { allocateFormula, type EmittableFormula, type FormulaEnds } from '../formulas/emit-formula.ts';
import type { Value } from '../formulas/formula.ts';
import type { MatrixInputs } from '../formulas/norms.ts';
import type { Argument } from '../isa/arguments.ts';
import type { Address, Isa, Pointer, Slot, Source, Vector } from '../isa/isa.ts';

/** A kernel whose call says into how many groups the columns are divided. */
export interface ColumnKernel {
  readonly place: number; // its offset in the code
  readonly vectors: number; // of a group of columns
}

/** Arguments that say how the columns are divided. */
export const groupArguments = [
  ['mask', 'array'], // of the columns after the last whole vector
  ['groups', 'count'], // of as many vectors as the kernel takes at once
  ['pairs', 'count'], // of vectors after them
  ['singles', 'count'], // vectors after them
  ['rest', 'count'], // columns after them
] as const satisfies readonly Argument[];

/** A formula for the vectors of a group. */
interface GroupFormula extends MatrixInputs {
  readonly numbers?: readonly string[];
  of(m: Arithmetic, ...values: Value[]): Value[];
}

/** The formula for a group of vectors, and for one vector. */
export interface GroupFormulas {
  readonly vectors: number; // of a group
  with(vectors: number): EmittableFormula;
}

/** Most vectors of a group: they fill a cache line on every processor. */
const MOST_VECTORS = 4;

/**
 * The formula, once for each vector of a group; a group has as many vectors as find registers. Inputs, rows and results
 * are numbered vector by vector. The kernel has `sums` registers for each vector and `own` more; then come those with
 * the numbers of `columns`.
 */
export function groupFormulas(isa: Isa, formula: GroupFormula, sums = 0, own = 0): GroupFormulas {
  const { inputs, rows = [], columns = [], numbers = [], of } = formula;
  const made = new Map<number, EmittableFormula>();
  const make = (vectors: number): EmittableFormula => {
    const m = createArithmetic(isa);
    const first = vectors * sums + own;
    const results = Array.from({ length: vectors }, (_, v) =>
      of(
        m,
        ...inputs.map((_, k) => m.input(v * inputs.length + k)),
        ...rows.map((_, k) => m.fixed(v * rows.length + k)),
        ...columns.map((_, k) => m.held(first + k)),
        ...numbers.map((_, k) => m.number(k)),
      ),
    );
    return allocateFormula(isa.formulas, m, results.flat(), first + columns.length);
  };
  let most = 1;
  for (let vectors = 1; vectors <= MOST_VECTORS; vectors *= 2) {
    const own = make(vectors);
    if (own.registers > isa.formulas.registers) break;
    made.set(vectors, own);
    most = vectors;
  }
  return { vectors: most, with: (vectors) => made.get(vectors) as EmittableFormula };
}

/** Neighbouring columns. */
export interface Columns {
  readonly vectors: number;
  load(to: Vector, from: Address): void;
  store(to: Address, from: Vector): void;
}

/**
 * Emits the body for groups of `most` vectors of columns, for pairs, for single vectors, and for the columns after
 * them. After each, the pointers move on to the next columns. Call it before all loops.
 */
export function eachColumns(
  isa: Isa,
  call: Readonly<Record<(typeof groupArguments)[number][0], Source<never>>>,
  most: number,
  pointers: readonly Slot<'pointer'>[],
  body: (columns: Columns) => void,
): void {
  const { load, store, loadMask, loadMasked, storeMasked, bytes, width } = isa.formulas;
  const mask = isa.spill(call.mask as Source<'pointer'>);

  const take = (columns: Columns): void => {
    isa.scope(() => body(columns));
    for (const slot of pointers) {
      isa.scope(() => {
        const pointer: Pointer = isa.load(slot);
        isa.skip(pointer, columns.vectors * width * bytes);
        isa.store(slot, pointer);
      });
    }
  };

  if (most > 2) isa.repeatOrSkip(call.groups as Source<'counter'>, () => take({ vectors: most, load, store }));
  if (most > 1) isa.repeatOrSkip(call.pairs as Source<'counter'>, () => take({ vectors: 2, load, store }));
  isa.repeatOrSkip(call.singles as Source<'counter'>, () => take({ vectors: 1, load, store }));
  isa.unlessZero(call.rest as Source<'counter'>, () => {
    isa.scope(() => loadMask(isa.at(isa.load(mask))));
    take({ vectors: 1, load: loadMasked, store: storeMasked });
  });
}

/** Loads and stores the vectors of a group, which are numbered vector by vector. */
export function groupEnds(
  isa: Isa,
  { load, store }: Columns,
  inputs: readonly Pointer[],
  outputs: readonly Pointer[] = [],
): FormulaEnds {
  const { bytes, width } = isa.formulas;
  const at = (pointers: readonly Pointer[], place: number): Address =>
    isa.at(pointers[place % pointers.length], Math.floor(place / pointers.length) * width * bytes);
  return {
    load: (to, place) => load(to, at(inputs, place)),
    store: (place, from) => store(at(outputs, place), from),
  };
}
