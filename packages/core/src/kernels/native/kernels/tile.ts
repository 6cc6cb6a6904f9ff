import {
  type Assembler,
  at,
  type Register,
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
  rsp,
} from '../isa/x64/assembler.ts';
import { argument, loadArray, loadScratch } from '../isa/x64/calls.ts';
import { ROWS } from '../isa/x64/rows.ts';
import type { VectorUnit } from '../isa/x64/vector-unit.ts';

/** Arguments of a tile's call, by place; strides in bytes. */
export const tileArguments = {
  c: 2,
  init: 4,
  a: 6,
  panel: 8,
  leaves: 10, // the table of the leaves of a sum, see `LEAF`
  mask: 11, // of the last vector, where it is not full
  terms: 12, // where a tile is listed: the list of its terms, see list-terms.ts
  cRow: 13,
  initRow: 14,
  aRow: 15,
  aStep: 16,
  panelStep: 17,
  count: 18, // of tiles, at least 1
  nextC: 19, // from one tile to the next
  nextInit: 20,
  nextA: 21,
  nextPanel: 22,
  joins: 23, // 1: what stands in `c` is added to the sums, else 0
  nextTerms: 24,
};

/**
 * A leaf in the table of a sum, in words: its terms, at least 1; how many sums that wait are added behind it; 2 where
 * another leaf follows, else 0; and from its list of terms to the next leaf's, in bytes.
 */
export const LEAF = { terms: 0, merges: 1, more: 2, nextTerms: 3, words: 4 };
/** Leaves of a table at most. */
export const TABLE_LEAVES = 16;
/** Sums of a tile that wait at a time: of leaves 0 to 7, 8 to 11, 12 and 13, and 14. */
export const WAITING = 4;
/** Bytes of a table, behind which these wait. */
const TABLE = 4 * LEAF.words * TABLE_LEAVES;
/** Doubles of a table and of what waits, for tiles of `width` doubles a vector. */
export const tableLength = (rows: number, width: number): number => TABLE / 8 + WAITING * rows * TILE_VECTORS * width;

/** A kernel's tile: M rows of `vectors` vectors, the last of them full or masked. */
export interface TileShape {
  readonly M: number;
  readonly vectors: number; // 1 or 2
  readonly masked: boolean;
  readonly listed: boolean; // only the terms of a list are added
}

/** Vectors of a tile's row at most. */
export const TILE_VECTORS = 2;

/** Rows of a tile at most: its sums, a row of the panel and one factor fill the registers. */
export const tileRows = (registers: number): number =>
  Math.min(ROWS.length, Math.floor((registers - 3) / TILE_VECTORS));

/**
 * c[m,n] = init[m,n] + Σₖ a[m,k] · panel[k,n], each term added with one rounding: k ascending in a leaf, whose sums
 * stay in registers; leaves by the pairwise tree, the left operand the lower. A left sum waits behind the table, in the
 * first-level cache. So for `count` tiles, below each other or side by side. Overwrites `c`, which may be `init`; where
 * `joins`, adds to it.
 */
export function assembleTile(assembler: Assembler, unit: VectorUnit, { M, vectors, masked, listed }: TileShape): void {
  const { c, cRow, init, initRow, a, aRow, aStep, panel, panelStep, leaves, count, mask, joins } = tileArguments;
  const { nextC, nextInit, nextA, nextPanel, terms, nextTerms } = tileArguments;
  const last = vectors - 1;
  const size = 8 * unit.width;
  const sum = (m: number, v: number) => m * vectors + v;
  const row = (v: number) => M * vectors + v; // of the panel
  const factor = M * vectors + vectors;
  const waiting = M * vectors * size; // bytes of a tile's sums
  const load = (v: number, to: number, from: Register) =>
    masked && v === last ? unit.loadMasked(to, at(from, v * size)) : unit.load(to, at(from, v * size));
  const store = (v: number, to: Register, from: number) =>
    masked && v === last ? unit.storeMasked(at(to, v * size), from) : unit.store(at(to, v * size), from);
  const eachSum = (act: (m: number, v: number) => void): void => {
    for (let m = 0; m < M; m++) for (let v = 0; v < vectors; v++) act(m, v);
  };

  if (masked) {
    loadScratch(assembler, rax, mask);
    unit.loadMask(at(rax));
  }
  loadArray(assembler, r12, c);
  loadArray(assembler, r13, a);
  loadArray(assembler, r15, panel);
  assembler.loadWord(rdx, argument(aRow));
  assembler.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 }); // 3 rows
  assembler.loadAddress(rbp, { base: rdx, index: rdx, scale: 4 }); // 5 rows
  assembler.loadWord(r10, argument(aStep));
  assembler.loadWord(r9, argument(panelStep));
  // What waits for a register, from the top of the stack on.
  assembler.push(rsi);
  assembler.loadWord(r11, argument(count));
  assembler.push(r11);
  loadScratch(assembler, r11, leaves);
  assembler.push(r11);
  loadArray(assembler, r11, init);
  assembler.push(r11);
  loadScratch(assembler, r11, terms);
  assembler.push(r11);
  assembler.push(r11);
  const [nextListAt, firstListAt, initAt, leavesAt, countAt] = [0, 8, 16, 24, 32].map((offset) => at(rsp, offset));

  const nextTile = assembler.position;
  assembler.loadPointer(rax, initAt);
  assembler.loadWord(r11, argument(initRow));
  for (let m = 0; m < M; m++) {
    for (let v = 0; v < vectors; v++) load(v, sum(m, v), rax);
    assembler.add(rax, r11);
  }
  // A gradient's row was last read by another core: it comes while the sums are made.
  assembler.move(rax, r12);
  assembler.loadWord(r11, argument(cRow));
  for (let m = 0; m < M; m++) {
    for (let v = 0; v < vectors; v++) assembler.prefetchToWrite(at(rax, v * size));
    assembler.add(rax, r11);
  }
  assembler.loadPointer(rsi, leavesAt);
  assembler.loadAddress(r14, at(rsi, TABLE));
  if (listed) {
    assembler.loadPointer(r11, firstListAt);
    assembler.storePointer(nextListAt, r11);
  } else {
    assembler.move(rax, r13);
    assembler.loadAddress(rcx, { base: r13, index: rbp });
    assembler.move(r8, r15);
  }
  const nextLeaf = assembler.position;
  if (listed) addListedTerms();
  else addAllTerms();
  assembler.loadWord(r11, at(rsi, 4 * LEAF.merges));
  assembler.unlessZero(r11, () => {
    const nextMerge = assembler.position;
    assembler.loadAddress(r14, at(r14, -waiting));
    eachSum((m, v) => {
      unit.load(factor, at(r14, sum(m, v) * size));
      unit.add(sum(m, v), factor);
    });
    assembler.decrement(r11);
    assembler.jumpUnlessZero(nextMerge);
  });
  assembler.loadWord(r11, at(rsi, 4 * LEAF.more));
  assembler.loadAddress(rsi, at(rsi, 4 * LEAF.words));
  assembler.unlessZero(r11, () => {
    eachSum((m, v) => unit.store(at(r14, sum(m, v) * size), sum(m, v)));
    assembler.loadAddress(r14, at(r14, waiting));
    eachSum((m, v) => unit.clear(sum(m, v)));
    assembler.decrement(r11);
    assembler.jumpUnlessZero(nextLeaf);
  });
  // A zero is +0, whichever terms of 0 were left out.
  unit.clear(factor);
  eachSum((m, v) => unit.add(sum(m, v), factor));

  assembler.loadWord(r11, argument(joins));
  assembler.loadWord(r8, argument(cRow));
  assembler.unlessZero(r11, () => {
    assembler.move(rax, r12);
    for (let m = 0; m < M; m++) {
      for (let v = 0; v < vectors; v++) {
        load(v, factor, rax);
        unit.add(sum(m, v), factor);
      }
      assembler.add(rax, r8);
    }
  });
  assembler.move(rax, r12);
  for (let m = 0; m < M; m++) {
    for (let v = 0; v < vectors; v++) store(v, rax, sum(m, v));
    assembler.add(rax, r8);
  }
  for (const [register, step] of [
    [r12, nextC],
    [r13, nextA],
    [r15, nextPanel],
  ]) {
    assembler.loadWord(r11, argument(step));
    assembler.add(register, r11);
  }
  for (const [place, step] of [[initAt, nextInit] as const, ...(listed ? [[firstListAt, nextTerms] as const] : [])]) {
    assembler.loadPointer(rax, place);
    assembler.loadWord(r11, argument(step));
    assembler.add(rax, r11);
    assembler.storePointer(place, rax);
  }
  assembler.decrement(countAt);
  assembler.jumpUnlessZero(nextTile);
  for (let k = 0; k < 5; k++) assembler.pop(r11);
  assembler.pop(rsi);
  assembler.ret();

  function addAllTerms(): void {
    assembler.loadWord(r11, at(rsi, 4 * LEAF.terms));
    const nextTerm = assembler.position;
    addTerm();
    assembler.add(rax, r10);
    assembler.add(rcx, r10);
    assembler.add(r8, r9);
    assembler.decrement(r11);
    assembler.jumpUnlessZero(nextTerm);
  }

  /** A list has the steps to its terms, so their registers are free. */
  function addListedTerms(): void {
    assembler.loadPointer(r10, nextListAt);
    assembler.loadWord(r11, at(rsi, 4 * LEAF.nextTerms));
    assembler.add(r11, r10);
    assembler.storePointer(nextListAt, r11);
    assembler.loadWord(r11, at(r10));
    assembler.unlessZero(r11, () => {
      const nextTerm = assembler.position;
      assembler.loadAddress(r10, at(r10, 8));
      assembler.loadWord(rax, at(r10));
      assembler.loadWord(r8, at(r10, 4));
      assembler.add(rax, r13);
      assembler.add(r8, r15);
      assembler.loadAddress(rcx, { base: rax, index: rbp });
      addTerm();
      assembler.decrement(r11);
      assembler.jumpUnlessZero(nextTerm);
    });
  }

  function addTerm(): void {
    for (let v = 0; v < vectors; v++) load(v, row(v), r8);
    // Of the next panel's, where W is read in place: a half of it lies in another core's cache since the update. With
    // it a step of 784-128-10 takes 0.88 of the time at batch 32, 0.91 at 128.
    for (let v = 0; v < vectors; v++) assembler.prefetch(at(r8, (v + vectors) * size));
    for (let m = 0; m < M; m++) {
      unit.broadcast(factor, ROWS[m]);
      for (let v = 0; v < vectors; v++) unit.multiplyAdd(sum(m, v), factor, row(v));
    }
  }
}
