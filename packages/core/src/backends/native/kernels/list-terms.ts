import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';

/**
 * Rows of a listed tile at most: of more rows fewer terms are 0 in all of them. On MNIST 45 % of 32 rows' columns are
 * left over 7 rows, 52 % over 14; and 37 % of its rows over 7 columns, 61 % over 14.
 */
export const LISTED_ROWS = 7;

export const listArguments = defineArguments(
  ['a', 'array'],
  ['origin', 'array'], // what steps to the terms are counted from
  ['terms', 'array'],
  ['nextTerms', 'stride'], // from one list to the next
  ['aRow', 'stride'],
  ['aStep', 'stride'],
  ['panelStep', 'stride'],
  ['K', 'count'], // at least 1
  ['count', 'count'], // of lists, at least 1
  ['nextA', 'stride'], // from behind the last term of a list to the first of the next: forth,
  ['back', 'stride'], // and back
  ['nextOrigin', 'stride'], // from one list to the next
  ['panelStart', 'stride'], // from the panel to the first term's row
  ['panelBack', 'stride'], // what is taken from these behind a list
);

/**
 * For each of `count` lists of M rows its terms, k ascending, in pairs of words: how many k have an a[m,k] that is not
 * 0 for any m, and a word of no use; then for each of them the bytes from `origin` to a[0,k], and those from the panel
 * to its row k. Overwrites `terms` [count][1 + K][2].
 *
 * The lists of tiles below each other begin anew, each at its own rows; those of the leaves of a sum go on, all counted
 * from the first leaf.
 */
export function assembleListTerms(isa: Isa, M: number): number {
  return isa.kernel(listArguments, (call) => {
    const a = isa.rows(call.aRow, M);
    a.start(call.a);
    const list = isa.load(call.terms);
    const origin = isa.load(call.origin);
    const aStep = isa.load(call.aStep);
    const panelStep = isa.load(call.panelStep);
    const panelRow = isa.load(call.panelStart);
    const K = isa.keep(call.K);
    const nextTerms = isa.keep(call.nextTerms);
    const nextOrigin = isa.keep(call.nextOrigin);
    const nextA = isa.keep(call.nextA);
    const back = isa.keep(call.back);
    const panelBack = isa.keep(call.panelBack);
    isa.repeat(call.count, () => {
      const terms = isa.zero(); // so far
      const left = isa.load(K); // in a register, since a slot would count down itself
      isa.repeat(left, () => {
        // Written in any case: without a jump that could be guessed wrong.
        isa.scope(() => isa.storeWord(isa.pair(list, terms, 8), isa.distance(origin, a.first)));
        isa.storeWord(isa.pair(list, terms, 12), panelRow);
        const bits = isa.loadBits(a.at(0));
        for (let m = 1; m < M; m++) isa.or(bits, a.at(m));
        isa.countUnlessZero(terms, bits);
        a.advance(aStep);
        isa.advance(panelRow, panelStep);
      });
      isa.storeWord(isa.at(list), terms);
      isa.advance(list, nextTerms);
      isa.advance(origin, nextOrigin);
      a.advance(nextA);
      a.retreat(back);
      isa.retreat(panelRow, panelBack);
    });
  });
}
