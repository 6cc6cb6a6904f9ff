import type { ColumnTerms } from '../formulas/norms.ts';
import type { ArgumentTable } from '../isa/arguments.ts';
import type { Address, Isa, Slot, Source } from '../isa/isa.ts';
import { type ColumnKernel, eachColumns, groupAccess, groupArguments, groupFormulas } from './column-groups.ts';

/** Indices of a piece's words in the table: how many rows are added one after the other, and what follows. */
export const PIECE_WORDS = {
  rows: 0,
  merges: 1, // number of sums on the stack that are then added to the piece's sum, the last one first
  isResult: 2, // 1 if the sum is then written to `results`, 0 if it stays on the stack
  divides: 3, // 1 if the result is divided
  count: 4, // number of words
} as const;

/** The arguments of a kernel of sums: its arrays (`rows` have a number per column, `columns` one per row) and sizes. */
export const columnSumsArguments = ({ sums, inputs, rows = [], columns = [] }: ColumnTerms): ArgumentTable => [
  ...[...inputs, ...rows, ...columns].map((name) => [name, 'array'] as const),
  ...resultNames(sums).map((name) => [name, 'array'] as const),
  ['top', 'array'], // [depth, sums, columns] stack, where the sum of the first piece goes
  ...groupArguments,
  ['table', 'array'], // [pieces, PIECE_WORDS] words
  ['pieces', 'count'], // at least 1
  ['distance', 'stride'], // of rows, of results, and of the sums of a level
  ['divisor', 'number'],
];

const resultNames = (sums: number): string[] => Array.from({ length: sums }, (_, t) => `results ${t}`);

/**
 * Sums terms over the rows of each piece, column by column, from 0, and adds the pieces by the tree that the table of
 * pieces describes. Sums of some columns stay in registers while the kernel goes down all rows. If the last sum is no
 * result, it is left at the bottom of the stack.
 */
export function assembleColumnSums(isa: Isa, terms: ColumnTerms): ColumnKernel {
  const { sums, inputs, rows = [], columns: perRow = [] } = terms;
  const unit = isa.formulas;
  const size = unit.width * unit.bytes;
  const others = 1; // the register `free`
  const formulas = groupFormulas(isa, terms, sums, others);

  const kernel = isa.kernel(columnSumsArguments(terms), (call) => {
    const spill = (name: string): Slot<'pointer'> => isa.spill(call[name]);
    const [from, rowArrays, columnArrays] = [inputs, rows, perRow].map((names) => names.map(spill));
    const results = resultNames(sums).map(spill);
    const stack = spill('top');
    const firstPiece = spill('table');
    const pieces = isa.spill(call.pieces as Source<'counter'>);
    const row = isa.load(call.distance as Source<'stride'>);

    eachColumns(isa, call, formulas.vectors, [...from, ...rowArrays, ...results, stack], (columns) => {
      const formula = formulas.formulaFor(columns.vectors);
      const registers = Array.from({ length: columns.vectors * sums }, (_, k) => k);
      const free = registers.length;
      isa.scope(() => {
        const pointers = rowArrays.map((slot) => isa.load(slot));
        formula.prepare(undefined, groupAccess(isa, columns, pointers).load);
      });
      const [sources, scalars, ends] = [from, columnArrays, results].map((slots) =>
        slots.map((slot) => isa.load(slot)),
      );
      const stackTop = isa.load(stack);
      const table = isa.load(firstPiece);
      const word = (name: keyof typeof PIECE_WORDS) => isa.word(isa.at(table, 4 * PIECE_WORDS[name]));
      /** Sum k on top of the stack; sums are numbered vector by vector. */
      const onTop = (k: number): Address => {
        const offset = Math.floor(k / sums) * size;
        return k % sums === 0 ? isa.at(stackTop, offset) : isa.atStride(stackTop, row, offset);
      };

      isa.repeat(isa.load(pieces), () => {
        for (const sum of registers) unit.clear(sum);
        isa.repeatOrSkip(word('rows'), () => {
          for (const [k, pointer] of scalars.entries()) {
            unit.loadElement(free + 1 + k, isa.at(pointer));
            isa.skip(pointer, unit.bytes);
          }
          formula.emit({ load: groupAccess(isa, columns, sources).load, store: (k, term) => unit.add(k, k, term) });
          for (const pointer of sources) isa.advance(pointer, row);
        });
        isa.repeatOrSkip(word('merges'), () => {
          for (let t = 0; t < sums; t++) isa.retreat(stackTop, row);
          for (const k of registers) {
            columns.load(free, onTop(k));
            unit.add(k, free, k);
          }
        });
        for (const k of registers) columns.store(onTop(k), k);
        for (let t = 0; t < sums; t++) isa.advance(stackTop, row);
        isa.unlessZero(word('isResult'), () => {
          isa.unlessZero(word('divides'), () => {
            unit.loadNumber(free, isa.numberAt(call.divisor));
            for (const k of registers) unit.divide(k, k, free);
          });
          const { store } = groupAccess(isa, columns, [], ends);
          for (const k of registers) store(k, k);
          for (const pointer of ends) isa.advance(pointer, row);
          for (let t = 0; t < sums; t++) isa.retreat(stackTop, row);
        });
        isa.skip(table, 4 * PIECE_WORDS.count);
      });
    });
  });
  return { kernel, vectors: formulas.vectors };
}
