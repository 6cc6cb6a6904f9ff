import { createArithmetic } from '../formulas/arithmetic.ts';
import { allocateFormula } from '../formulas/emit-formula.ts';
import { maxNormFactor } from '../formulas/updates.ts';
import { defineArguments } from '../isa/arguments.ts';
import type { Isa, Pointer, Vector } from '../isa/isa.ts';
import { type ColumnKernel, eachColumns, groupArguments } from './column-groups.ts';

export const maxNormArguments = defineArguments(
  ['W', 'array'],
  ['distance', 'stride'], // of rows
  ...groupArguments,
  ['count', 'count'], // rows, at least 1
  ['blocks', 'count'], // whole blocks of `BLOCK_ROWS` rows
  ['restRows', 'count'], // rows after the blocks
  ['limit', 'number'],
);

/** Vectors of a group of columns. */
const GROUP = 2;

/** Rows loaded before the first is stored: with rows shorter than a vector, a load waits for the store before it. */
export const BLOCK_ROWS = 4;

/**
 * Scales the columns of W whose norm is finite and above the limit by limit / norm. The squares of a column are added
 * in doubles, rows ascending, and its factor is a double, too.
 */
export function assembleMaxNorm(isa: Isa): ColumnKernel {
  const { formulas: unit, wide } = isa;
  const size = unit.bytes * unit.width;
  const parts = unit.width / wide.width; // vectors of doubles for a vector of elements
  const [x, square] = [GROUP * parts, GROUP * parts + 1]; // sums have the registers before them
  const m = createArithmetic({ type: 'float64', formulas: wide });
  const factor = allocateFormula(wide, m, [maxNormFactor(m, m.input(0), m.number(0))], square + 1);

  const kernel = isa.kernel(maxNormArguments, (call) => {
    const W = isa.spill(call.W);
    const row = isa.load(call.distance);

    eachColumns(isa, call, GROUP, [W], ({ vectors, load, store }) => {
      for (let sum = 0; sum < vectors * parts; sum++) wide.clear(sum);
      isa.scope(() => {
        const from = isa.load(W);
        isa.repeat(isa.load(call.count), () => {
          addSquares(from);
          isa.advance(from, row);
        });
      });
      factor.prepare(() => isa.numberAt(call.limit));
      for (let sum = 0; sum < vectors * parts; sum++) {
        factor.emit({ load: (to) => wide.move(to, sum), store: (_result, from) => wide.move(sum, from) });
      }
      for (let v = 0; v < vectors; v++) unit.narrow(v, v * parts); // register v has the factors of vector v as elements
      const from = isa.load(W);
      isa.repeatOrSkip(call.blocks, () => scaleRows(from, BLOCK_ROWS));
      isa.repeatOrSkip(call.restRows, () => scaleRows(from, 1));

      function addSquares(from: Pointer): void {
        for (let v = 0; v < vectors; v++) {
          load(x, isa.at(from, v * size));
          for (let part = 0; part < parts; part++) {
            const [sum, doubles] = [v * parts + part, unit.widen(square, x, part)];
            wide.multiply(square, doubles, doubles);
            wide.add(sum, sum, square);
          }
        }
      }

      /** Scales rows from `from` on, which moves past them. */
      function scaleRows(from: Pointer, rows: number): void {
        const scaled = (m: number, v: number): Vector => GROUP + m * vectors + v; // after the factors
        isa.eachRow(from, row, rows, (at, m) => {
          for (let v = 0; v < vectors; v++) {
            load(scaled(m, v), isa.at(at, v * size));
            unit.multiply(scaled(m, v), scaled(m, v), v);
          }
        });
        for (let m = 0; m < rows; m++) {
          for (let v = 0; v < vectors; v++) store(isa.at(from, v * size), scaled(m, v));
          isa.advance(from, row);
        }
      }
    });
  });
  return { kernel, vectors: GROUP };
}
