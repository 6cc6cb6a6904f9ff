import {
  type Assembler,
  at,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  rax,
  rbp,
  rbx,
  rcx,
  rdx,
  rsi,
} from '../isa/x64/assembler.ts';
import { argument, loadArray, loadScratch } from '../isa/x64/calls.ts';
import { ROWS } from '../isa/x64/rows.ts';

/**
 * Rows of a listed tile at most: of more rows fewer terms are 0 in all of them. On MNIST 45 % of 32 rows' columns are
 * left over 7 rows, 52 % over 14; and 37 % of its rows over 7 columns, 61 % over 14.
 */
export const LISTED_ROWS = 7;

/** Arguments of a listing's call, by place; strides in bytes. */
export const listArguments = {
  a: 2,
  origin: 4, // what steps to the terms are counted from
  terms: 6,
  nextTerms: 8, // from one list to the next
  aRow: 9,
  aStep: 10,
  panelStep: 11,
  K: 12, // at least 1
  count: 13, // of lists, at least 1
  nextA: 14, // from behind the last term of a list to the first of the next: forth,
  back: 15, // and back
  nextOrigin: 16, // from one list to the next
  panelStart: 17, // bytes from the panel to the first term's row
  panelBack: 18, // what is taken from these behind a list
};

/**
 * For each of `count` lists of M rows its terms, k ascending, in pairs of words: how many k have an a[m,k] that is not
 * 0 for any m, and a word of no use; then for each of them the bytes from `origin` to a[0,k], and those from the panel
 * to its row k. Overwrites `terms` [count][1 + K][2].
 *
 * The lists of tiles below each other begin anew, each at its own rows; those of the leaves of a sum go on, all counted
 * from the first leaf.
 */
export function assembleListTerms(assembler: Assembler, M: number): void {
  const { terms, nextTerms, a, aRow, aStep, panelStep, K, count } = listArguments;
  const { back, nextA, origin, nextOrigin, panelStart, panelBack } = listArguments;
  loadScratch(assembler, r8, terms);
  loadArray(assembler, rax, a);
  loadArray(assembler, r13, origin);
  assembler.loadWord(rdx, argument(aRow));
  assembler.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 });
  assembler.loadAddress(rbp, { base: rdx, index: rdx, scale: 4 });
  assembler.loadWord(r10, argument(aStep));
  assembler.loadWord(r12, argument(count));
  assembler.loadWord(r14, argument(panelStart)); // and so for each term
  assembler.push(rsi);
  assembler.loadWord(rsi, argument(panelStep));

  const nextList = assembler.position;
  assembler.loadAddress(rcx, { base: rax, index: rbp });
  assembler.loadWord(r11, argument(K));
  assembler.clear(r9); // terms so far
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
  for (const [register, step] of [
    [r8, nextTerms],
    [rax, nextA],
    [r13, nextOrigin],
  ]) {
    assembler.loadWord(r11, argument(step));
    assembler.add(register, r11);
  }
  for (const [register, step] of [
    [rax, back],
    [r14, panelBack],
  ]) {
    assembler.loadWord(r11, argument(step));
    assembler.subtract(register, r11);
  }
  assembler.decrement(r12);
  assembler.jumpUnlessZero(nextList);
  assembler.pop(rsi);
  assembler.ret();
}
