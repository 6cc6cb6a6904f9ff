import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa, Pointer, Vector } from '../isa/isa.ts';

// Sums over rows of a layer-norm, in four lanes j mod 4. Four rows are summed at a time, since an addition to a sum
// waits for the one before; their lanes are then transposed, so that the four sums are joined, divided and stored as
// one vector.

/** Rows that are summed at a time. */
export const ROWS = 4;

export const momentsArguments = defineArguments(
  ['means', 'array'],
  ['scales', 'array'],
  ['x', 'array'],
  ['distance', 'stride'], // of rows
  ['blocks', 'count'], // of four rows, at least 1
  ['quads', 'count'], // in a row, at least 1
  ['size', 'number'],
  ['epsilon', 'number'],
  ['one', 'number'],
);

export const slopesArguments = defineArguments(
  ['meanGs', 'array'],
  ['slopes', 'array'],
  ['dy', 'array'],
  ['x', 'array'],
  ['means', 'array'],
  ['scales', 'array'],
  ['gamma', 'array'],
  ['distance', 'stride'], // of rows
  ['blocks', 'count'], // of four rows, at least 1
  ['quads', 'count'], // in a row, at least 1
  ['size', 'number'],
);

const all = [0, 1, 2, 3];

/**
 * Joins the lanes of four sums from `first` on as (l0 + l1) + (l2 + l3), and divides. Overwrites those from `free` on.
 */
function totals({ quads }: Isa, first: Vector, free: Vector, divisor: (to: Vector) => void): Vector {
  const lane = quads.transpose(first, free);
  quads.plus(lane, lane, lane + 1);
  quads.plus(lane + 2, lane + 2, lane + 3);
  quads.plus(lane, lane, lane + 2);
  divisor(lane + 1);
  quads.over(lane, lane, lane + 1);
  return lane;
}

/** μ and 1 / √(σ² + ε) of each row. */
export function assembleMoments(isa: Isa): number {
  const unit = isa.quads;
  const size = ROWS * unit.bytes;
  const mean = (m: number): Vector => 4 + m;
  const free = 8; // and the registers after it

  return isa.kernel(momentsArguments, (call) => {
    const rows = isa.rows(call.distance, ROWS);
    const x = isa.load(call.x);
    const means = isa.load(call.means);
    const scales = isa.load(call.scales);
    const quads = isa.keep(call.quads);
    const distance = isa.keep(call.distance);
    const count = (to: Vector) => unit.loadNumber(to, isa.numberAt(call.size));

    /** Adds a term for each number of four rows. */
    const sum = (add: (m: number, x: Address) => void): void => {
      for (const m of all) unit.clear(m);
      rows.start(x);
      isa.repeat(isa.load(quads), () => {
        for (const m of all) add(m, rows.at(m));
        rows.skip(size);
      });
    };

    isa.repeat(isa.load(call.blocks), () => {
      sum((m, address) => unit.plus(m, m, address));
      unit.store(isa.at(means), totals(isa, 0, free, count));
      for (const m of all) unit.loadElement(mean(m), isa.at(means, m * unit.bytes));
      sum((m, address) => {
        unit.load(free, address);
        unit.minus(free, free, mean(m));
        unit.times(free, free, free);
        unit.plus(m, m, free);
      });
      const variance = totals(isa, 0, free, count);
      const other = variance + 1;
      unit.loadNumber(other, isa.numberAt(call.epsilon));
      unit.plus(variance, variance, other);
      unit.root(variance, variance);
      unit.loadNumber(other, isa.numberAt(call.one));
      unit.over(variance, other, variance);
      unit.store(isa.at(scales), variance);
      for (const pointer of [means, scales]) isa.skip(pointer, size);
      for (const _ of all) isa.advance(x, distance);
    });
  });
}

/** Σ g / size and Σ g · x̂ / size of each row, with g = dy · γ and x̂ = (x - μ) · s. */
export function assembleSlopes(isa: Isa): number {
  const unit = isa.quads;
  const size = ROWS * unit.bytes;
  // Registers of row m: sums of g and of g · x̂. Two rows at a time have their mean and scale in registers, too.
  const sumG = (m: number): Vector => m;
  const sumGX = (m: number): Vector => 4 + m;
  const mean = (m: number): Vector => 8 + (m % 2);
  const scale = (m: number): Vector => 10 + (m % 2);
  const [gamma, g, h] = [12, 13, 14];

  return isa.kernel(slopesArguments, (call) => {
    const [dy, x] = [isa.load(call.dy), isa.load(call.x)];
    const [means, scales] = [isa.load(call.means), isa.load(call.scales)];
    const [meanGs, slopes] = [isa.load(call.meanGs), isa.load(call.slopes)];
    const gammas = isa.keep(call.gamma);
    const quads = isa.keep(call.quads);
    const distance = isa.load(call.distance);
    const count = (to: Vector) => unit.loadNumber(to, isa.numberAt(call.size));

    /** Sums rows m and m + 1, the first of which `dy` and `x` point to. Moves these on to the next row but one. */
    const sumTwo = (m: number): void => {
      const two = [m, m + 1];
      for (const k of two) {
        unit.clear(sumG(k));
        unit.clear(sumGX(k));
        unit.loadElement(mean(k), isa.at(means, k * unit.bytes));
        unit.loadElement(scale(k), isa.at(scales, k * unit.bytes));
      }
      isa.scope(() => {
        const from = isa.load(gammas);
        const next = (pointer: Pointer): Pointer => isa.pointTo(isa.beyond(pointer, distance, 0));
        const [dys, xs] = [
          [dy, next(dy)],
          [x, next(x)],
        ];
        isa.repeat(isa.load(quads), () => {
          unit.load(gamma, isa.at(from));
          for (const k of two) {
            unit.times(g, gamma, isa.at(dys[k % 2]));
            unit.load(h, isa.at(xs[k % 2]));
            unit.minus(h, h, mean(k));
            unit.times(h, h, scale(k));
            unit.times(h, g, h);
            unit.plus(sumG(k), sumG(k), g);
            unit.plus(sumGX(k), sumGX(k), h);
          }
          for (const pointer of [from, ...dys, ...xs]) isa.skip(pointer, size);
        });
      });
      // Both have moved by one row.
      for (const pointer of [dy, x]) isa.advance(pointer, distance);
    };

    isa.repeat(isa.load(call.blocks), () => {
      for (const m of [0, 2]) sumTwo(m);
      unit.store(isa.at(meanGs), totals(isa, sumG(0), 8, count));
      unit.store(isa.at(slopes), totals(isa, sumGX(0), 8, count));
      for (const pointer of [means, scales, meanGs, slopes]) isa.skip(pointer, size);
    });
  });
}
