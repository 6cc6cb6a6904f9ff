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
} from './assembler.ts';
import { argument, loadArray } from './calls.ts';
import { ROWS } from './rows.ts';
import type { VectorUnit } from './vector-unit.ts';

/** Arguments of a tile's call, by place; strides in bytes. */
export const tileArguments = {
  c: 1,
  cRow: 2,
  init: 3,
  initRow: 4,
  a: 5,
  aRow: 6,
  aStep: 7,
  panel: 8,
  panelStep: 9,
  K: 10, // at least 1
  count: 11, // of tiles, at least 1
  nextC: 12, // from one tile to the next
  nextInit: 13,
  nextA: 14,
  nextPanel: 15,
  mask: 16, // of the last vector, where it is not full
  joins: 17, // 1: what stands in `c` is added to the sums, else 0
  terms: 18, // where a tile is listed: the list of its terms, see list-terms.ts
  nextTerms: 19,
};

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
 * c[m,n] = init[m,n] + Σₖ a[m,k] · panel[k,n], k ascending, each term added with one rounding. Sums stay in registers
 * over all of k. So for `count` tiles, below each other or side by side. Overwrites `c`, which may be `init`; where
 * `joins`, adds to it.
 */
export function assembleTile(assembler: Assembler, unit: VectorUnit, { M, vectors, masked, listed }: TileShape): void {
  const { c, cRow, init, initRow, a, aRow, aStep, panel, panelStep, K, count, mask, joins } = tileArguments;
  const { nextC, nextInit, nextA, nextPanel, terms, nextTerms } = tileArguments;
  const last = vectors - 1;
  const size = 8 * unit.width;
  const sum = (m: number, v: number) => m * vectors + v;
  const row = (v: number) => M * vectors + v; // of the panel
  const factor = M * vectors + vectors;
  const load = (v: number, to: number, from: Register) =>
    masked && v === last ? unit.loadMasked(to, at(from, v * size)) : unit.load(to, at(from, v * size));
  const store = (v: number, to: Register, from: number) =>
    masked && v === last ? unit.storeMasked(at(to, v * size), from) : unit.store(at(to, v * size), from);

  if (masked) {
    loadArray(assembler, rax, mask);
    unit.loadMask(at(rax));
  }
  loadArray(assembler, r12, c);
  loadArray(assembler, r14, init);
  loadArray(assembler, r13, a);
  loadArray(assembler, r15, panel);
  assembler.loadWord(rdx, argument(aRow));
  assembler.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 }); // 3 rows
  assembler.loadAddress(rbp, { base: rdx, index: rdx, scale: 4 }); // 5 rows
  assembler.loadWord(r10, argument(aStep));
  assembler.loadWord(r9, argument(panelStep));
  assembler.loadWord(r11, argument(count));
  assembler.push(r11);
  if (listed) {
    assembler.push(rsi);
    loadArray(assembler, r11, terms);
    assembler.move(rsi, r11);
  }

  const nextTile = assembler.position;
  assembler.move(rax, r14);
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
  if (listed) addListedTerms();
  else addAllTerms();
  // A zero is +0, whichever terms of 0 were left out.
  unit.clear(factor);
  for (let m = 0; m < M; m++) for (let v = 0; v < vectors; v++) unit.add(sum(m, v), factor);

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
    [r14, nextInit],
    [r13, nextA],
    [r15, nextPanel],
  ]) {
    assembler.loadWord(r11, argument(step));
    assembler.add(register, r11);
  }
  if (listed) {
    assembler.loadWord(r11, argument(nextTerms));
    assembler.add(rsi, r11);
  }
  assembler.decrement(at(rsp, listed ? 8 : 0));
  assembler.jumpUnlessZero(nextTile);
  if (listed) assembler.pop(rsi);
  assembler.pop(r11);
  assembler.ret();

  function addAllTerms(): void {
    assembler.move(rax, r13);
    assembler.loadAddress(rcx, { base: r13, index: rbp });
    assembler.move(r8, r15);
    assembler.loadWord(r11, argument(K));
    const nextTerm = assembler.position;
    addTerm();
    assembler.add(rax, r10);
    assembler.add(rcx, r10);
    assembler.add(r8, r9);
    assembler.decrement(r11);
    assembler.jumpUnlessZero(nextTerm);
  }

  function addListedTerms(): void {
    assembler.loadWord(r11, at(rsi));
    assembler.push(rsi);
    assembler.unlessZero(r11, () => {
      const nextTerm = assembler.position;
      assembler.loadAddress(rsi, at(rsi, 8));
      assembler.loadWord(rax, at(rsi));
      assembler.loadWord(r8, at(rsi, 4));
      assembler.add(rax, r13);
      assembler.add(r8, r15);
      assembler.loadAddress(rcx, { base: rax, index: rbp });
      addTerm();
      assembler.decrement(r11);
      assembler.jumpUnlessZero(nextTerm);
    });
    assembler.pop(rsi);
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
