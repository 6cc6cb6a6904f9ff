import type { MatrixFormula } from '../formulas/norms.ts';
import type { ArgumentTable } from '../isa/arguments.ts';
import type { Isa, Source } from '../isa/isa.ts';
import { type ColumnKernel, eachColumns, groupAccess, groupArguments, groupFormulas } from './column-groups.ts';

/** The arguments of a formula: arrays (`rows` have a number per column, `columns` one per row), numbers and sizes. */
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
  const kernel = isa.kernel(matrixArguments(matrix), (call) => {
    const spill = (name: string) => isa.spill(call[name]);
    const from = inputs.map((name) => spill(`${name} in`));
    const [rowArrays, columnArrays, to] = [rows.map(spill), perRow.map(spill), outputs.map(spill)];
    const count = isa.spill(call.count as Source<'counter'>);
    const row = isa.load(call.distance as Source<'stride'>);
    const outRow = matrix.hasOwnDistance === true ? isa.load(call.outDistance as Source<'stride'>) : row;
    eachColumns(isa, call, formulas.vectors, [...from, ...rowArrays, ...to], (columns) => {
      const formula = formulas.formulaFor(columns.vectors);
      isa.scope(() => {
        const pointers = rowArrays.map((slot) => isa.load(slot));
        const { load } = groupAccess(isa, columns, pointers);
        formula.prepare((k) => isa.numberAt(call[numbers[k]]), load);
      });
      const [sources, scalars, results] = [from, columnArrays, to].map((slots) => slots.map((slot) => isa.load(slot)));
      isa.repeat(isa.load(count), () => {
        for (const [k, pointer] of scalars.entries()) {
          unit.loadElement(k, isa.at(pointer));
          isa.skip(pointer, unit.bytes);
        }
        formula.emit(groupAccess(isa, columns, sources, results));
        for (const pointer of sources) isa.advance(pointer, row);
        for (const pointer of results) isa.advance(pointer, outRow);
      });
    });
  });
  return { kernel, vectors: formulas.vectors };
}
