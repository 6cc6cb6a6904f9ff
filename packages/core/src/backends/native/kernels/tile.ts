import { defineArguments } from '../isa/arguments.ts';
import type { Isa, Pointer } from '../isa/isa.ts';
import { eachLine } from '../isa/lines.ts';

export const tileArguments = defineArguments(
  ['c', 'array'],
  ['init', 'array'],
  ['a', 'array'],
  ['panel', 'array'],
  ['leaves', 'array'], // the table of the leaves of a sum, see `LEAF`
  ['mask', 'array'], // of the last vector, where it is not full
  ['terms', 'array'], // where a tile is listed: the list of its terms, see list-terms.ts
  ['cRow', 'stride'],
  ['initRow', 'stride'],
  ['aRow', 'stride'],
  ['aStep', 'stride'],
  ['panelStep', 'stride'],
  ['ahead', 'stride'], // from a row of the panel to what is asked for beside it
  ['count', 'count'], // of tiles, at least 1
  ['nextC', 'stride'], // from one tile to the next
  ['nextInit', 'stride'],
  ['nextA', 'stride'],
  ['nextPanel', 'stride'],
  ['joins', 'count'], // 1: what stands in `c` is added to the sums, else 0
  ['nextTerms', 'stride'],
);

/**
 * A leaf in the table of a sum, in words: its terms, at least 1; how many sums that wait are added behind it; 1 where
 * another leaf follows, else 0; and from its list of terms to the next leaf's, in bytes.
 */
export const LEAF = { terms: 0, merges: 1, more: 2, nextTerms: 3, words: 4 };
/** Leaves of a table at most. */
export const TABLE_LEAVES = 16;
/** Sums of a tile that wait at a time: of leaves 0 to 7, 8 to 11, 12 and 13, and 14. */
export const WAITING = 4;
/** Bytes of a table, behind which these wait. */
const TABLE = 4 * LEAF.words * TABLE_LEAVES;
/** Bytes of a table and of what waits, for tiles whose sums have so many bytes. */
export const tableBytes = (sums: number): number => TABLE + WAITING * sums;

/** A kernel's tile: M rows of `vectors` vectors, the last of them full or masked. */
export interface TileShape {
  readonly M: number;
  readonly vectors: number; // at least 1
  readonly masked: boolean;
  readonly listed: boolean; // only the terms of a list are added
}

/** Rows of a tile of so many vectors at most: its sums, a row of the panel and the factors fill the registers. */
export const tileRows = ({ mostRows, vectorRegisters, tile: { factors } }: Isa, vectors: number): number =>
  Math.min(mostRows, Math.floor((vectorRegisters - factors - vectors) / vectors));

/**
 * c[m,n] = init[m,n] + Σₖ a[m,k] · panel[k,n], each term added with one rounding: k ascending in a leaf, whose sums
 * stay in registers; leaves by the pairwise tree, the left operand the lower. A left sum waits behind the table, in the
 * first-level cache. So for `count` tiles, below each other or side by side. Overwrites `c`, which may be `init`; where
 * `joins`, adds to it.
 */
export function assembleTile(isa: Isa, { M, vectors, masked, listed }: TileShape): number {
  const unit = isa.vectors;
  const last = vectors - 1;
  const size = unit.bytes * unit.width;
  const sum = (m: number, v: number) => m * vectors + v;
  const row = (v: number) => M * vectors + v; // of the panel
  const factor = M * vectors + vectors; // the first of them
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
      // A gradient's row was last read by another core: it comes while the sums are made.
      isa.eachRow(c, cStep, M, (cRow) =>
        eachLine(vectors * size, (offset) => isa.prefetchToWrite(isa.at(cRow, offset))),
      );
      isa.scope(addLeaves);
      // A zero is +0, whichever terms of 0 were left out.
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
      const top = isa.pointTo(isa.at(leaf, TABLE)); // of the sums that wait
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
        // One after the other, not all stores first: so the next leaf's terms begin sooner.
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

    /** How the terms of a tile are added, one leaf after the other. */
    interface Terms {
      /** From the first leaf on; returns what adds the next leaf's. */
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

    /** A list has the steps to its terms. */
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
      // A processor that takes instructions in their order would wait for a factor that has just been asked for.
      for (let m = 0; m < M + factors - 1; m++) {
        if (m < M) unit.loadFactor(factorOf(m), rows.at(m));
        const ready = m - (factors - 1);
        if (ready >= 0) eachVector((v) => unit.multiplyAdd(sum(ready, v), factorOf(ready), row(v)));
      }
    }
  });
}
