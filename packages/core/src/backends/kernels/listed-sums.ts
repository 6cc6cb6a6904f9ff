import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa } from '../isa/isa.ts';
import { type ColumnKernel, eachColumns, groupAccess, groupArguments } from './column-groups.ts';

/** Indices of a piece's words in the table: how many listed rows are added one after the other, and what follows. */
export const LISTED_WORDS = {
  rows: 0,
  begins: 1, // 1 if the piece's sum begins with 0, 0 if it goes on with the sum on top of the stack
  merges: 2, // number of sums on the stack that are then added to the piece's sum, the last one first
  isResult: 3, // 1 if the sum is then added to a row of `results`, 0 if it stays on the stack
  result: 4, // bytes from `results` to that row
  count: 5, // number of words
} as const;

export const listedSumsArguments = defineArguments(
  ['results', 'array'], // in and out
  ['rows', 'array'],
  ['top', 'array'], // [depth, columns] stack, where the sum of the first piece goes
  ...groupArguments,
  ['table', 'array'], // [pieces, LISTED_WORDS] words
  ['list', 'array'], // words: bytes from `rows` to each listed row, piece by piece
  ['pieces', 'count'], // at least 1
  ['distance', 'stride'], // of sums on the stack
);

/** Vectors of columns whose sums stay in registers at once. */
const VECTORS = 4;

/** Adds to rows of `results` the sums of listed rows, which are added by the trees that the table describes. */
export function assembleListedSums(isa: Isa): ColumnKernel {
  const unit = isa.formulas;
  const size = unit.width * unit.bytes;
  const free = VECTORS;

  const kernel = isa.kernel(listedSumsArguments, (call) => {
    const [results, rows, stack] = [isa.spill(call.results), isa.spill(call.rows), isa.spill(call.top)];
    const [firstPiece, firstRow, pieces] = [isa.spill(call.table), isa.spill(call.list), isa.spill(call.pieces)];
    const distance = isa.load(call.distance);

    eachColumns(isa, call, VECTORS, [results, rows, stack], (columns) => {
      const sums = Array.from({ length: columns.vectors }, (_, k) => k);
      const [to, from, stackTop] = [isa.load(results), isa.load(rows), isa.load(stack)];
      const [table, list] = [isa.load(firstPiece), isa.load(firstRow)];
      const wordAt = (name: keyof typeof LISTED_WORDS): Address => isa.at(table, 4 * LISTED_WORDS[name]);
      const onTop = groupAccess(isa, columns, [stackTop], [stackTop]);

      isa.repeat(isa.load(pieces), () => {
        isa.unlessZero(
          isa.word(wordAt('begins')),
          () => {
            for (const k of sums) unit.clear(k);
          },
          () => {
            isa.retreat(stackTop, distance);
            for (const k of sums) onTop.load(k, k);
          },
        );
        isa.repeatOrSkip(isa.word(wordAt('rows')), () => {
          const row = isa.load(isa.offsetBy(from, isa.at(list)));
          for (const k of sums) {
            columns.load(free, isa.at(row, k * size));
            unit.add(k, k, free);
          }
          isa.skip(list, 4);
        });
        isa.repeatOrSkip(isa.word(wordAt('merges')), () => {
          isa.retreat(stackTop, distance);
          joinWith(onTop.load);
        });
        isa.unlessZero(
          isa.word(wordAt('isResult')),
          () => {
            const result = isa.load(isa.offsetBy(to, wordAt('result')));
            const { load, store } = groupAccess(isa, columns, [result], [result]);
            joinWith(load);
            for (const k of sums) store(k, k);
          },
          () => {
            for (const k of sums) onTop.store(k, k);
            isa.advance(stackTop, distance);
          },
        );
        isa.skip(table, 4 * LISTED_WORDS.count);
      });

      function joinWith(load: (to: number, k: number) => void): void {
        for (const k of sums) {
          load(free, k);
          unit.add(k, free, k);
        }
      }
    });
  });
  return { kernel, vectors: VECTORS };
}
