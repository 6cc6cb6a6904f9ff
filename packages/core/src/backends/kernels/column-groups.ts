import { createArithmetic, type OutputFormula } from '../formulas/arithmetic.ts';
import { allocateFormula, type EmittableFormula, type FormulaAccess } from '../formulas/emit-formula.ts';
import type { Argument, ArgumentTable } from '../isa/arguments.ts';
import type { Address, CallOf, Isa, Pointer, Slot, Vector } from '../isa/isa.ts';

/** A kernel whose call says into how many groups the columns are divided. */
export interface ColumnKernel {
  readonly kernel: number; // its offset in the code
  readonly vectors: number; // of a group of columns
}

/** Arguments that say how the columns are divided. */
export const groupArguments = [
  ['mask', 'array'], // of the columns after the last whole vector
  ['groups', 'count'], // groups of `ColumnKernel.vectors` vectors
  ['pairs', 'count'], // pairs of vectors after the groups
  ['singles', 'count'], // vectors after the pairs
  ['rest', 'count'], // columns after the whole vectors
] as const satisfies readonly Argument[];

/** The formula for a group of vectors, and for one vector. */
export interface GroupFormulas {
  readonly vectors: number; // of a group
  formulaFor(vectors: number): EmittableFormula;
}

/** Maximum number of vectors in a group: they fill a cache line on every processor. */
const MAX_VECTORS = 4;

/**
 * The formula, once for each vector of a group; a group has as many vectors as find registers. Inputs, rows and results
 * are numbered vector by vector. The first registers are the kernel's: `sums` for each vector, `others` more, and one
 * for each of `columns`, which the kernel loads for each row.
 */
export function groupFormulas(isa: Isa, terms: Omit<OutputFormula, 'outputs'>, sums = 0, others = 0): GroupFormulas {
  const { inputs, rows = [], columns = [], numbers = [], apply } = terms;
  const byVectors = new Map<number, EmittableFormula>();
  const make = (vectors: number): EmittableFormula => {
    const m = createArithmetic(isa);
    const first = vectors * sums + others;
    const results = Array.from({ length: vectors }, (_, v) =>
      apply(
        m,
        ...inputs.map((_, k) => m.input(v * inputs.length + k)),
        ...rows.map((_, k) => m.fixed(v * rows.length + k)),
        ...columns.map((_, k) => m.held(first + k)),
        ...numbers.map((_, k) => m.number(k)),
      ),
    );
    return allocateFormula(isa.formulas, m, results.flat(), first + columns.length);
  };
  let maxVectors = 1;
  for (let vectors = 1; vectors <= MAX_VECTORS; vectors *= 2) {
    const allocated = make(vectors);
    if (allocated.registers > isa.formulas.registers) break;
    byVectors.set(vectors, allocated);
    maxVectors = vectors;
  }
  return { vectors: maxVectors, formulaFor: (vectors) => byVectors.get(vectors) as EmittableFormula };
}

/** Neighbouring columns. */
export interface Columns {
  readonly vectors: number;
  load(to: Vector, from: Address): void;
  store(to: Address, from: Vector): void;
}

/**
 * Emits the body for groups of `groupVectors` vectors of columns, for pairs, for single vectors, and for the columns
 * after them, and after each body moves `pointers` to the next columns. Makes a slot, so call it outside of loops.
 */
export function eachColumns(
  isa: Isa,
  call: CallOf<typeof groupArguments> | CallOf<ArgumentTable>,
  groupVectors: number,
  pointers: readonly Slot<'pointer'>[],
  body: (columns: Columns) => void,
): void {
  const { load, store, loadMask, loadMasked, storeMasked, bytes, width } = isa.formulas;
  const mask = isa.spill(call.mask);

  const emitColumns = (columns: Columns): void => {
    isa.scope(() => body(columns));
    for (const slot of pointers) {
      isa.scope(() => {
        const pointer: Pointer = isa.load(slot);
        isa.skip(pointer, columns.vectors * width * bytes);
        isa.store(slot, pointer);
      });
    }
  };

  if (groupVectors > 2) {
    isa.repeatOrSkip(call.groups, () => emitColumns({ vectors: groupVectors, load, store }));
  }
  if (groupVectors > 1) isa.repeatOrSkip(call.pairs, () => emitColumns({ vectors: 2, load, store }));
  isa.repeatOrSkip(call.singles, () => emitColumns({ vectors: 1, load, store }));
  isa.unlessZero(call.rest, () => {
    isa.scope(() => loadMask(isa.at(isa.load(mask))));
    emitColumns({ vectors: 1, load: loadMasked, store: storeMasked });
  });
}

/** Loads and stores the vectors of a group. Number k is vector ⌊k / pointers⌋ at pointer k mod pointers. */
export function groupAccess(
  isa: Isa,
  { load, store }: Columns,
  inputs: readonly Pointer[],
  outputs: readonly Pointer[] = [],
): FormulaAccess {
  const { bytes, width } = isa.formulas;
  const at = (pointers: readonly Pointer[], k: number): Address =>
    isa.at(pointers[k % pointers.length], Math.floor(k / pointers.length) * width * bytes);
  return { load: (to, k) => load(to, at(inputs, k)), store: (k, from) => store(at(outputs, k), from) };
}
