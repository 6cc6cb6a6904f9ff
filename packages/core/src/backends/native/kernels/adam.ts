import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa, Operand, Vector } from '../isa/isa.ts';

export const adamArguments = defineArguments(
  ['theta', 'array'],
  ['m', 'array'],
  ['v', 'array'],
  ['rows', 'array'], // the first row of these parameters' gradients
  ['rowStep', 'stride'], // distance of rows
  ['constants', 'array'], // [adamConstants] vectors
  ['squares', 'array'], // [4] doubles, out
  ['mask', 'array'], // of the parameters after the last whole vector
  ['vectors', 'count'], // whole vectors of parameters
  ['rest', 'count'], // parameters after them
  ['decays', 'count'], // 1: adds the weight decay to the gradient, else 0
);

/** Each constant fills a vector of `Isa.arithmetic`. */
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
  'decay', // factor of θ
  'tiny', // smaller values are flushed
  'minusZero',
] as const;

/** Constants held in registers. */
const held = ['share', 'beta1', 'oneMinusBeta1', 'beta2', 'oneMinusBeta2', 'stepSize', 'invRootC2', 'tiny'] as const;

/** Numbers of gradient rows that a kernel can add while reading them. */
export const ADAM_ROWS = [1, 2, 4, 8];

// Prefetch distance in bytes. The vectors of a large network come from the third-level cache or from memory.
const AHEAD = 2048;

/**
 * g = the tree's sum of the gradient rows · share; then updates θ, m and v as in assembly/adam.ts; squares = Σ g² in
 * doubles, in four lanes. The mean itself is not written, which would take as long as reading it.
 */
export function assembleAdam(isa: Isa, count: number): number {
  const unit = isa.arithmetic;
  const size = unit.bytes * unit.width;
  const [g, t, u, old, free] = [0, 1, 2, 3, 4]; // the tree of the rows uses registers from g on
  const [firstHeld, minusZero] = [5, 14];
  return isa.kernel(adamArguments, (call) => {
    const rows = isa.rows(call.rowStep, count);
    rows.start(call.rows);
    const theta = isa.load(call.theta);
    const m = isa.load(call.m);
    const v = isa.load(call.v);
    const constants = isa.load(call.constants);
    const decays = isa.load(call.decays);
    const inMemory = (name: (typeof adamConstants)[number]): Address =>
      isa.at(constants, size * adamConstants.indexOf(name));
    const constant = Object.fromEntries([
      ...adamConstants.map((name) => [name, inMemory(name)]),
      ...held.map((name, k) => [name, firstHeld + k]),
    ]) as Record<(typeof adamConstants)[number], Operand>;
    unit.load(minusZero, inMemory('minusZero'));
    for (const [k, name] of held.entries()) unit.load(firstHeld + k, inMemory(name));
    unit.squares.clear();

    isa.times(call.vectors, () => {
      updateVector(unit.load, unit.store);
      rows.skip(size);
      for (const pointer of [theta, m, v]) isa.skip(pointer, size);
    });
    isa.unlessZero(call.rest, () => {
      unit.loadMask(isa.at(isa.load(call.mask)));
      updateVector(unit.loadMasked, unit.storeMasked);
    });
    unit.squares.store(isa.at(isa.load(call.squares)));

    function updateVector(load: (to: Vector, from: Address) => void, store: (to: Address, from: Vector) => void): void {
      for (let s = 0; s < count; s++) isa.prefetch(rows.at(s, AHEAD));
      for (const pointer of [theta, m, v]) isa.prefetchToWrite(isa.at(pointer, AHEAD));
      addTree(g, 0, count, load);
      unit.times(g, g, constant.share);
      unit.squares.add(g, t);
      load(old, isa.at(theta));
      isa.unlessZero(decays, () => {
        unit.times(t, old, constant.weightDecay);
        unit.plus(g, g, t);
      });

      load(t, isa.at(m));
      unit.times(t, t, constant.beta1);
      unit.times(u, g, constant.oneMinusBeta1);
      unit.plus(t, t, u);
      flush(t);
      store(isa.at(m), t);

      load(u, isa.at(v));
      unit.times(u, u, constant.beta2);
      unit.times(free, g, constant.oneMinusBeta2);
      unit.times(free, free, g);
      unit.plus(u, u, free);
      flush(u);
      store(isa.at(v), u);

      unit.root(u, u);
      unit.times(u, u, constant.invRootC2);
      unit.plus(u, u, constant.epsilon);
      unit.times(t, t, constant.stepSize);
      unit.over(t, t, u);
      unit.times(old, old, constant.decay);
      unit.minus(old, old, t);
      store(isa.at(theta), old);
    }

    /** to = the rows from `first` on, summed by the pairwise tree. */
    function addTree(to: Vector, first: number, count: number, load: (to: Vector, from: Address) => void): void {
      if (count === 1) {
        load(to, rows.at(first));
      } else {
        addTree(to, first, count / 2, load);
        addTree(to + 1, first + count / 2, count / 2, load);
        unit.plus(to, to, to + 1);
      }
    }

    /** x, or 0 if |x| is tiny. */
    function flush(x: Vector): void {
      unit.andNot(free, minusZero, x);
      unit.isLess(free, free, constant.tiny);
      unit.andNot(x, free, x);
    }
  });
}
