import {
  type Address,
  type Assembler,
  at,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  rax,
  rbp,
  rbx,
  rcx,
  rdx,
} from '../isa/x64/assembler.ts';
import { argument, loadArray, loadScratch } from '../isa/x64/calls.ts';
import { ROWS } from '../isa/x64/rows.ts';
import type { Quads, Vector } from '../isa/x64/vector-unit.ts';

/** Arguments of an update's call, by place. */
export const adamArguments = {
  theta: 2,
  m: 4,
  v: 6,
  rows: 8, // the first row of gradients of these parameters
  rowStep: 10, // from one row to the next, in bytes: a double as arrays are, since rows may have 4 GiB and more
  constants: 12, // [adamConstants][4]
  squares: 13, // [4] out
  mask: 14, // of the parameters behind whole quads
  quads: 15, // of four parameters
  rest: 16, // parameters behind them, below 4
  decays: 17, // 1: the weight decay is added to the gradient, else 0
};

/** Each stands four times in a row. */
export const adamConstants = [
  'share', // 1 / the rows of the batch
  'beta1',
  'oneMinusBeta1',
  'beta2',
  'oneMinusBeta2',
  'stepSize',
  'invRootC2',
  'epsilon',
  'weightDecay',
  'decay', // what θ is multiplied by
  'tiny', // what is smaller is flushed
  'minusZero',
] as const;

/** How many rows of gradients a kernel may add as it reads them. */
export const ADAM_ROWS = [1, 2, 4, 8];

// Bytes that are asked for ahead. The vectors of a large network come from the third-level cache or from memory.
const AHEAD = 2048;

/**
 * g = the rows of gradients, added by the pairwise tree, · share; then the update of θ, m and v by it, as
 * assembly/adam.ts has it; squares = Σ g², in four lanes. The mean itself is not written: that would take as long as
 * reading it does.
 */
export function assembleAdam(assembler: Assembler, unit: Quads, count: number): void {
  const { theta, m, v, rows, rowStep, quads, rest, mask, constants, decays, squares } = adamArguments;
  const constant = (name: (typeof adamConstants)[number]): Address => at(r12, 32 * adamConstants.indexOf(name));
  const [g, t, u, old, free] = [0, 1, 2, 3, 4]; // the tree of the rows takes those from g on
  const [sumOfSquares, minusZero] = [13, 14];

  loadArray(assembler, rax, rows);
  assembler.loadWhole(rdx, argument(rowStep));
  assembler.loadAddress(rbx, { base: rdx, index: rdx, scale: 2 });
  assembler.loadAddress(rbp, { base: rdx, index: rdx, scale: 4 });
  assembler.loadAddress(rcx, { base: rax, index: rbp });
  loadArray(assembler, r8, theta);
  loadArray(assembler, r9, m);
  loadArray(assembler, r10, v);
  loadScratch(assembler, r12, constants);
  assembler.loadWord(r13, argument(decays));
  unit.load(minusZero, constant('minusZero'));
  unit.andNot(sumOfSquares, minusZero, minusZero);

  assembler.loadWord(r11, argument(quads));
  assembler.unlessZero(r11, () => {
    const next = assembler.position;
    updateFour(unit.load, unit.store);
    for (const pointer of [rax, rcx, r8, r9, r10]) assembler.loadAddress(pointer, at(pointer, 32));
    assembler.decrement(r11);
    assembler.jumpUnlessZero(next);
  });
  assembler.loadWord(r11, argument(rest));
  assembler.unlessZero(r11, () => {
    loadScratch(assembler, r14, mask);
    unit.loadMask(at(r14));
    updateFour(unit.loadMasked, unit.storeMasked);
  });
  loadScratch(assembler, r14, squares);
  unit.store(at(r14), sumOfSquares);
  assembler.ret();

  function updateFour(load: (to: Vector, from: Address) => void, store: (to: Address, from: Vector) => void): void {
    for (let s = 0; s < count; s++) assembler.prefetch({ ...ROWS[s], offset: AHEAD });
    for (const pointer of [r8, r9, r10]) assembler.prefetchToWrite(at(pointer, AHEAD));
    addTree(g, 0, count, load);
    unit.times(g, g, constant('share'));
    unit.times(t, g, g);
    unit.plus(sumOfSquares, sumOfSquares, t);
    load(old, at(r8));
    assembler.unlessZero(r13, () => {
      unit.times(t, old, constant('weightDecay'));
      unit.plus(g, g, t);
    });

    load(t, at(r9));
    unit.times(t, t, constant('beta1'));
    unit.times(u, g, constant('oneMinusBeta1'));
    unit.plus(t, t, u);
    flush(t);
    store(at(r9), t);

    load(u, at(r10));
    unit.times(u, u, constant('beta2'));
    unit.times(free, g, constant('oneMinusBeta2'));
    unit.times(free, free, g);
    unit.plus(u, u, free);
    flush(u);
    store(at(r10), u);

    unit.root(u, u);
    unit.times(u, u, constant('invRootC2'));
    unit.plus(u, u, constant('epsilon'));
    unit.times(t, t, constant('stepSize'));
    unit.over(t, t, u);
    unit.times(old, old, constant('decay'));
    unit.minus(old, old, t);
    store(at(r8), old);
  }

  /** to = rows from `first` on, added in pairs, and these in pairs. */
  function addTree(to: Vector, first: number, count: number, load: (to: Vector, from: Address) => void): void {
    if (count === 1) {
      load(to, ROWS[first]);
    } else {
      addTree(to, first, count / 2, load);
      addTree(to + 1, first + count / 2, count / 2, load);
      unit.plus(to, to, to + 1);
    }
  }

  /** x, or 0 where |x| is tiny. */
  function flush(x: Vector): void {
    unit.andNot(free, minusZero, x);
    unit.isLess(free, free, constant('tiny'));
    unit.andNot(x, free, x);
  }
}
