import type { MatrixFormula } from '../formulas/norms.ts';
import type { ArgumentTable } from '../isa/arguments.ts';
import type { Isa, Source } from '../isa/isa.ts';
import { type ColumnKernel, eachColumns, groupArguments, groupEnds, groupFormulas } from './column-groups.ts';

/** The arguments of a formula of matrices: its arrays and numbers in the order of their lists, and sizes. */
export const matrixArguments = (formula: MatrixFormula): ArgumentTable => [
  ...formula.inputs.map((name) => [`${name} in`, 'array'] as const),
  ...[...(formula.rows ?? []), ...(formula.columns ?? []), ...formula.outputs].map((name) => [name, 'array'] as const),
  ...(formula.numbers ?? []).map((name) => [name, 'number'] as const),
  ...groupArguments,
  ['count', 'count'], // rows, at least 1
  ['distance', 'stride'], // of rows
  ...(formula.hasOwnDistance === true ? [['outDistance', 'stride'] as const] : []), // of rows of the outputs
];

/**
 * Computes a formula of matrices. The numbers of some columns stay in registers while the kernel goes down all rows. An
 * output may be an input.
 */
export function assembleMatrix(isa: Isa, matrix: MatrixFormula): ColumnKernel {
  const { inputs, rows = [], columns: perRow = [], numbers = [], outputs } = matrix;
  const unit = isa.formulas;
  const formulas = groupFormulas(isa, matrix);
  const place = isa.kernel(matrixArguments(matrix), (call) => {
    const places = call as Readonly<Record<string, Source<never>>>;
    const keep = (name: string) => isa.spill(places[name] as Source<'pointer'>);
    const from = inputs.map((name) => keep(`${name} in`));
    const [ofRows, ofColumns, to] = [rows.map(keep), perRow.map(keep), outputs.map(keep)];
    const count = isa.spill(places.count as Source<'counter'>);
    const row = isa.load(places.distance as Source<'stride'>);
    const outRow = matrix.hasOwnDistance === true ? isa.load(places.outDistance as Source<'stride'>) : row;
    eachColumns(isa, call as never, formulas.vectors, [...from, ...ofRows, ...to], (columns) => {
      const formula = formulas.with(columns.vectors);
      isa.scope(() => {
        const pointers = ofRows.map((slot) => isa.load(slot));
        const { load } = groupEnds(isa, columns, pointers);
        formula.prepare((k) => isa.numberAt(places[numbers[k]]), load);
      });
      const [sources, scalars, results] = [from, ofColumns, to].map((slots) => slots.map((slot) => isa.load(slot)));
      isa.repeat(isa.load(count), () => {
        for (const [k, pointer] of scalars.entries()) {
          unit.loadElement(k, isa.at(pointer));
          isa.skip(pointer, unit.bytes);
        }
        formula.emit(groupEnds(isa, columns, sources, results));
        for (const pointer of sources) isa.advance(pointer, row);
        for (const pointer of results) isa.advance(pointer, outRow);
      });
    });
  });
  return { place, vectors: formulas.vectors };
}
