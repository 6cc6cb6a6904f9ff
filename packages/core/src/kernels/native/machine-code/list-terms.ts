import { type Assembler, at, r8, r9, r10, r11, r12, r13, r14, r15, rax, rbp, rbx, rcx, rdx, rsi } from './assembler.ts';
import { argument, loadArray } from './calls.ts';
import { ROWS } from './rows.ts';

/**
 * Rows of a listed tile at most: of more rows fewer terms are 0 in all of them. On MNIST 45 % of a shard's columns are
 * left over 7 rows, 52 % over 14; and 37 % of its rows over 7 columns, 61 % over 14.
 */
export const LISTED_ROWS = 7;

/** Arguments of a listing's call, by place; strides in bytes. */
export const listArguments = {
  terms: 1,
  nextTerms: 2, // from one tile's list to the next
  a: 3,
  aRow: 4,
  aStep: 5,
  panelStep: 6,
  K: 7, // at least 1
  count: 8, // of tiles, at least 1
  nextA: 9,
};

/**
 * For each of `count` tiles of M rows the list of its terms, k ascending, in pairs of words: how many k have an a[m,k]
 * that is not 0 for any m, and a word of no use; then for each of them k · aStep and k · panelStep. Overwrites `terms`
 * [count][1 + K][2].
 */
export function assembleListTerms(assembler: Assembler, M: number): void {
  const { terms, nextTerms, a, aRow, aStep, panelStep, K, count, nextA } = listArguments;
  loadArray(assembler, r8, terms);
  loadArray(assembler, r13, a);
  assembler.loadWord(rdx, argument(aRow));
  assembler.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 });
  assembler.loadAddress(rbp, { base: rdx, index: rdx, scale: 4 });
  assembler.loadWord(r10, argument(aStep));
  assembler.loadWord(r12, argument(count));
  assembler.push(rsi);
  assembler.loadWord(rsi, argument(panelStep));

  const nextTile = assembler.position;
  assembler.move(rax, r13);
  assembler.loadAddress(rcx, { base: r13, index: rbp });
  assembler.loadWord(r11, argument(K));
  assembler.clear(r9); // terms so far
  assembler.clear(r14); // k · panelStep
  const nextTerm = assembler.position;
  // Written in any case: without a jump that could be guessed wrong.
  assembler.move(r15, rax);
  assembler.subtract(r15, r13);
  assembler.storeWord({ base: r8, index: r9, scale: 8, offset: 8 }, r15);
  assembler.storeWord({ base: r8, index: r9, scale: 8, offset: 12 }, r14);
  assembler.loadPointer(r15, ROWS[0]);
  for (let m = 1; m < M; m++) assembler.or(r15, ROWS[m]);
  assembler.countUnlessZero(r9, r15);
  assembler.add(rax, r10);
  assembler.add(rcx, r10);
  assembler.add(r14, rsi);
  assembler.decrement(r11);
  assembler.jumpUnlessZero(nextTerm);
  assembler.storeWord(at(r8), r9);
  assembler.loadWord(r11, argument(nextTerms));
  assembler.add(r8, r11);
  assembler.loadWord(r11, argument(nextA));
  assembler.add(r13, r11);
  assembler.decrement(r12);
  assembler.jumpUnlessZero(nextTile);
  assembler.pop(rsi);
  assembler.ret();
}
