import { defineArguments } from '../isa/arguments.ts';
import type { Isa } from '../isa/isa.ts';

/**
 * Maximum number of rows of a listed tile: with more rows, fewer terms are 0 in all of them. Terms that remain on MNIST
 * at batch 32: 45 % over 7 images, 52 % over 14; in dW, 37 % over 7 pixels, 61 % over 14.
 */
export const LISTED_ROWS = 7;

export const listArguments = defineArguments(
  ['a', 'array'],
  ['origin', 'array'], // the lists hold distances from here
  ['terms', 'array'],
  ['nextTerms', 'stride'], // distance of lists
  ['aRow', 'stride'], // from a[m,k] to a[m+1,k]
  ['aStep', 'stride'], // from a[m,k] to a[m,k+1]
  ['panelStep', 'stride'], // from row k of the panel to row k + 1
  ['K', 'count'], // at least 1
  ['count', 'count'], // lists, at least 1
  ['nextA', 'stride'], // after each list, moves `a` forward by this
  ['back', 'stride'], // and then back by this
  ['nextOrigin', 'stride'], // moves `origin` from list to list
  ['panelStart', 'stride'], // from the panel to the row of the first term
  ['panelBack', 'stride'], // subtracted from it after each list
);

/**
 * Lists the terms of each of `count` tiles of M rows, k ascending, in pairs of words. The first pair is the number of k
 * for which a[m,k] is not 0 for some m, and an unused word. For each such k follow the bytes from `origin` to a[0,k]
 * and the bytes from the panel to its row k. Overwrites `terms` [count][1 + K][2].
 *
 * For tiles below each other, each list counts from the tile's own rows; for the leaves of a sum, all lists count from
 * the first leaf.
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
    const K = isa.spill(call.K);
    const nextTerms = isa.spill(call.nextTerms);
    const nextOrigin = isa.spill(call.nextOrigin);
    const nextA = isa.spill(call.nextA);
    const back = isa.spill(call.back);
    const panelBack = isa.spill(call.panelBack);
    isa.repeat(call.count, () => {
      const terms = isa.zero(); // terms found
      const left = isa.load(K); // in a register, as `repeat` would count down the slot itself
      isa.repeat(left, () => {
        // Writes every term and only counts those that are kept, without a jump that could be mispredicted.
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
