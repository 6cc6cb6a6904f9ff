import { defineArguments } from '../isa/arguments.ts';
import type { Isa, Pointer } from '../isa/isa.ts';
import { eachLine } from '../isa/lines.ts';

export const tileArguments = defineArguments(
  ['c', 'array'],
  ['init', 'array'],
  ['a', 'array'],
  ['panel', 'array'],
  ['leaves', 'array'], // the leaf table of a sum, see `LEAF`
  ['mask', 'array'], // of the last vector, if it is not full
  ['terms', 'array'], // of a listed tile: its list, see list-terms.ts
  ['cRow', 'stride'],
  ['initRow', 'stride'],
  ['aRow', 'stride'],
  ['aStep', 'stride'],
  ['panelStep', 'stride'],
  ['ahead', 'stride'], // from a row of the panel to the memory to prefetch with it
  ['count', 'count'], // tiles, at least 1
  ['nextC', 'stride'], // distance of tiles
  ['nextInit', 'stride'],
  ['nextA', 'stride'],
  ['nextPanel', 'stride'],
  ['joins', 'count'], // 1: adds to `c`, else 0
  ['nextTerms', 'stride'],
);

/**
 * A leaf in a sum's table, by word: number of terms, at least 1; number of waiting sums to add after it; 1 if another
 * leaf follows, else 0; bytes from its list of terms to the next leaf's.
 */
export const LEAF = { terms: 0, merges: 1, more: 2, nextTerms: 3, words: 4 };
/** Most leaves of a table. */
export const TABLE_LEAVES = 16;
/** Most sums of a tile that wait at once: of leaves 0 to 7, 8 to 11, 12 to 13, and 14. */
export const WAITING = 4;
/** Bytes of a table. The waiting sums follow it. */
const TABLE = 4 * LEAF.words * TABLE_LEAVES;
/** Bytes of a table and its waiting sums, for tiles with `sums` bytes of sums. */
export const tableBytes = (sums: number): number => TABLE + WAITING * sums;

/** Shape of a tile kernel: M rows of `vectors` vectors, with the last vector full or masked. */
export interface TileShape {
  readonly M: number;
  readonly vectors: number; // at least 1
  readonly masked: boolean;
  readonly listed: boolean; // adds only the terms of a list
}

/** Most rows of a tile with `vectors` vectors: its sums, a row of the panel and the factors fill the registers. */
export const tileRows = ({ mostRows, vectorRegisters, tile: { factors } }: Isa, vectors: number): number =>
  Math.min(mostRows, Math.floor((vectorRegisters - factors - vectors) / vectors));

/**
 * c[m,n] = init[m,n] + Σₖ a[m,k] · panel[k,n], each term added with one rounding. Within a leaf k ascends and the sums
 * stay in registers. Leaves are joined by the pairwise tree, the left operand the lower; a left sum waits after the
 * table, in the first-level cache. Does this for `count` tiles, below each other or side by side. Overwrites `c`, which
 * may be `init`, or adds to it if `joins`.
 */
export function assembleTile(isa: Isa, { M, vectors, masked, listed }: TileShape): number {
  const unit = isa.vectors;
  const last = vectors - 1;
  const size = unit.bytes * unit.width;
  const sum = (m: number, v: number) => m * vectors + v;
  const row = (v: number) => M * vectors + v; // a row of the panel
  const factor = M * vectors + vectors; // the first factor
  const { factors } = isa.tile;
  const waiting = M * vectors * size; // bytes of a tile's sums
  const load = (v: number, to: number, from: Pointer) =>
    masked && v === last ? unit.loadMasked(to, isa.at(from, v * size)) : unit.load(to, isa.at(from, v * size));
  const store = (v: number, to: Pointer, from: number) =>
    masked && v === last ? unit.storeMasked(isa.at(to, v * size), from) : unit.store(isa.at(to, v * size), from);
  const eachVector = (act: (v: number) => void): void => {
    for (let v = 0; v < vectors; v++) act(v);
  };
  const eachSum = (act: (m: number, v: number) => void): void => {
    for (let m = 0; m < M; m++) eachVector((v) => act(m, v));
  };

  return isa.kernel(tileArguments, (call) => {
    if (masked) isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
    const rows = isa.rows(call.aRow, M);
    const c = isa.load(call.c);
    const a = isa.load(call.a);
    const count = isa.keep(call.count);
    const leaves = isa.keep(call.leaves);
    const init = isa.keep(call.init);
    const panel = isa.keep(call.panel);
    const ahead = isa.load(call.ahead);
    const initStep = isa.keep(call.initRow);
    const cStep = isa.keep(call.cRow);
    const joins = isa.keep(call.joins);
    const nextC = isa.keep(call.nextC);
    const nextA = isa.keep(call.nextA);
    const nextPanel = isa.keep(call.nextPanel);
    const nextInit = isa.keep(call.nextInit);
    const addTerms = listed ? createListed() : createAll();

    isa.repeat(count, () => {
      isa.eachRow(init, initStep, M, (initRow, m) => eachVector((v) => load(v, sum(m, v), initRow)));
      // Another core has read this row of the gradient last: it is fetched while the sums are made.
      isa.eachRow(c, cStep, M, (cRow) =>
        eachLine(vectors * size, (offset) => isa.prefetchToWrite(isa.at(cRow, offset))),
      );
      isa.scope(addLeaves);
      // Makes every zero +0, whichever zero terms were left out.
      unit.clear(factor);
      eachSum((m, v) => unit.add(sum(m, v), factor));
      isa.scope(storeSums);
      isa.advance(c, nextC);
      isa.advance(a, nextA);
      isa.advance(panel, nextPanel);
      isa.advance(init, nextInit);
      addTerms.nextTile();
    });

    function addLeaves(): void {
      const leaf = isa.load(leaves);
      const top = isa.pointTo(isa.at(leaf, TABLE)); // end of the waiting sums
      const addTermsOf = addTerms.start();
      isa.loop(() => {
        addTermsOf(leaf);
        isa.times(isa.word(isa.at(leaf, 4 * LEAF.merges)), () => {
          isa.skip(top, -waiting);
          for (let first = 0; first < M * vectors; first += factors) {
            const some = Array.from({ length: Math.min(factors, M * vectors - first) }, (_, k) => k);
            for (const k of some) unit.load(factor + k, isa.at(top, (first + k) * size));
            for (const k of some) unit.add(first + k, factor + k);
          }
        });
        isa.leaveIfZero(isa.word(isa.at(leaf, 4 * LEAF.more)));
        isa.skip(leaf, 4 * LEAF.words);
        // Stores and clears sums one by one, so that the next leaf's terms begin sooner than after all stores.
        eachSum((m, v) => {
          unit.store(isa.at(top, sum(m, v) * size), sum(m, v));
          unit.clear(sum(m, v));
        });
        isa.skip(top, waiting);
      });
    }

    function storeSums(): void {
      const cRow = isa.load(cStep);
      isa.unlessZero(joins, () => {
        isa.eachRow(c, cRow, M, (to, m) =>
          eachVector((v) => {
            load(v, factor, to);
            unit.add(sum(m, v), factor);
          }),
        );
      });
      isa.eachRow(c, cRow, M, (to, m) => eachVector((v) => store(v, to, sum(m, v))));
    }

    /** Adds the terms of a tile, leaf by leaf. */
    interface Terms {
      /** Starts at the first leaf; returns the function that adds the next leaf's terms. */
      start(): (leaf: Pointer) => void;
      nextTile(): void;
    }

    function createAll(): Terms {
      const aStep = isa.load(call.aStep);
      const panelStep = isa.load(call.panelStep);
      return {
        start() {
          rows.start(a);
          const panelRow = isa.load(panel);
          return (leaf) =>
            isa.repeat(isa.word(isa.at(leaf, 4 * LEAF.terms)), () => {
              addTerm(panelRow);
              rows.advance(aStep);
              isa.advance(panelRow, panelStep);
            });
        },
        nextTile: () => {},
      };
    }

    /** Terms by the distances in a list. */
    function createListed(): Terms {
      const firstList = isa.keep(call.terms);
      const nextList = isa.keep(call.terms);
      const nextTerms = isa.keep(call.nextTerms);
      return {
        start() {
          isa.scope(() => isa.store(nextList, isa.load(firstList)));
          return (leaf) =>
            isa.scope(() => {
              const list = isa.load(nextList);
              const first = isa.load(panel);
              isa.advance(nextList, isa.word(isa.at(leaf, 4 * LEAF.nextTerms)));
              isa.times(isa.word(isa.at(list)), () => {
                isa.skip(list, 8);
                rows.start(isa.offset(a, isa.at(list)));
                addTerm(isa.load(isa.offset(first, isa.at(list, 4))));
              });
            });
        },
        nextTile: () => isa.advance(firstList, nextTerms),
      };
    }

    function addTerm(panelRow: Pointer): void {
      eachVector((v) => load(v, row(v), panelRow));
      eachLine(vectors * size, (offset) => isa.prefetch(isa.beyond(panelRow, ahead, offset)));
      const factorOf = (m: number) => factor + (m % factors);
      // In-order processors would wait for a factor that was only just loaded.
      for (let m = 0; m < M + factors - 1; m++) {
        if (m < M) unit.loadFactor(factorOf(m), rows.at(m));
        const ready = m - (factors - 1);
        if (ready >= 0) eachVector((v) => unit.multiplyAdd(sum(ready, v), factorOf(ready), row(v)));
      }
    }
  });
}
