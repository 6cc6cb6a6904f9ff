import type { RowFormulaName } from '../formulas/norms.ts';
import type { ArgumentTable } from '../isa/arguments.ts';
import type { Address, Isa, Pointer, Source, Vector } from '../isa/isa.ts';

// Sums over rows of a norm, in four lanes j mod 4. Four rows are summed at a time, since an addition to a sum waits for
// the one before; their lanes are then transposed, so that the four sums are joined, divided and stored as one vector.
// `isa` emits code: `load` takes a register, `spill` a slot on the stack; numbers in its calls are vector registers.

/** Rows that are summed at a time. */
export const ROWS = 4;

const sizes: ArgumentTable = [
  ['distance', 'stride'], // of rows
  ['next', 'stride'], // from the end of a row's whole quads to the start of the row after the next
  ['blocks', 'count'], // of four rows, at least 1
  ['quads', 'count'], // whole quads of a row
  ['rest', 'count'], // numbers after them
  ['mask', 'array'], // of the numbers after the quads
  ['size', 'number'],
];

const arrays = (...names: string[]): ArgumentTable => names.map((name) => [name, 'array']);

const rowIndices = [0, 1, 2, 3];

type Load = Isa['quads']['load'];

/**
 * Emits `body` for each quad of a row, and for the numbers after the last one, where `clearRest` sets the other lanes
 * of a vector to 0: a sum that begins with +0 is never -0, so adding 0 changes no bit. `scratch` has room for a quad.
 * `skip` moves on after each whole quad.
 */
function eachQuad(
  isa: Isa,
  [quads, rest]: readonly Source<'counter'>[],
  scratch: () => Address,
  body: (load: Load, clearRest: (x: Vector) => void) => void,
  skip: () => void,
): void {
  const { load, store, loadMasked } = isa.quads;
  isa.repeatOrSkip(quads, () => {
    body(load, () => {});
    skip();
  });
  isa.unlessZero(rest, () =>
    body(loadMasked, (x) => {
      store(scratch(), x);
      loadMasked(x, scratch());
    }),
  );
}

/** Joins the lanes of four sums from register `first` on: (l0 + l1) + (l2 + l3), and divides. `free` on is scratch. */
function totals({ quads }: Isa, first: Vector, free: Vector, loadDivisor: (to: Vector) => void): Vector {
  const lane = quads.transpose(first, free);
  quads.add(lane, lane, lane + 1);
  quads.add(lane + 2, lane + 2, lane + 3);
  quads.add(lane, lane, lane + 2);
  loadDivisor(lane + 1);
  quads.divide(lane, lane, lane + 1);
  return lane;
}

/** means: μ of each row; scales: 1 / √(v + ε), where v is the mean of (x - μ)². Without means, v is the mean of x². */
function assembleMoments(isa: Isa, hasMeans: boolean): number {
  const unit = isa.quads;
  const size = ROWS * unit.bytes;
  const mean = (m: number): Vector => 4 + m;
  const free = 8; // and the registers after it
  const table: ArgumentTable = [
    ...arrays(...(hasMeans ? ['means'] : []), 'scales', 'x'),
    ...sizes,
    ['epsilon', 'number'],
    ['one', 'number'],
  ];

  return isa.kernel(table, (call) => {
    const load = (name: string): Pointer => isa.load(call[name]);
    const rows = isa.rows(call.distance, ROWS);
    const x = load('x');
    const means = hasMeans ? load('means') : null;
    const scales = load('scales');
    isa.scope(() => unit.loadMask(isa.at(load('mask'))));
    const counts = ['quads', 'rest'].map((name) => isa.spill(call[name] as Source<'counter'>));
    const distance = isa.spill(call.distance as Source<'stride'>);
    const loader = (name: string) => (to: Vector) => unit.loadNumber(to, isa.numberAt(call[name]));

    /** Sums a term for each number of four rows. `scales` serves as scratch: it is written after all sums. */
    const sum = (add: (m: number, x: Address, load: Load, clearRest: (x: Vector) => void) => void): void => {
      for (const m of rowIndices) unit.clear(m);
      rows.start(x);
      eachQuad(
        isa,
        counts,
        () => isa.at(scales),
        (load, clearRest) => {
          for (const m of rowIndices) add(m, rows.at(m), load, clearRest);
        },
        () => rows.skip(size),
      );
    };

    isa.repeat(isa.load(call.blocks as Source<'counter'>), () => {
      if (means !== null) {
        sum((m, address, load) => {
          load(free, address);
          unit.add(m, m, free);
        });
        unit.store(isa.at(means), totals(isa, 0, free, loader('size')));
        for (const m of rowIndices) unit.loadElement(mean(m), isa.at(means, m * unit.bytes));
        isa.skip(means, size);
      }
      sum((m, address, load, clearRest) => {
        load(free, address);
        if (means !== null) {
          unit.subtract(free, free, mean(m));
          clearRest(free);
        }
        unit.multiply(free, free, free);
        unit.add(m, m, free);
      });
      const variance = totals(isa, 0, free, loader('size'));
      const operand = variance + 1;
      loader('epsilon')(operand);
      unit.add(variance, variance, operand);
      unit.squareRoot(variance, variance);
      loader('one')(operand);
      unit.divide(variance, operand, variance);
      unit.store(isa.at(scales), variance);
      isa.skip(scales, size);
      for (const _ of rowIndices) isa.advance(x, distance);
    });
  });
}

/**
 * slopes: Σ g · x̂ / size of each row, with g = dy · γ and x̂ = (x - μ) · scale; meanGs: Σ g / size. Without means,
 * only slopes, with x̂ = x · scale.
 */
function assembleSlopes(isa: Isa, hasMeans: boolean): number {
  const unit = isa.quads;
  const size = ROWS * unit.bytes;
  // Registers of row m: sums of g · x̂ and of g. Two rows at a time have their mean and scale in registers, too.
  const sumGX = (m: number): Vector => m;
  const sumG = (m: number): Vector => 4 + m;
  const mean = (m: number): Vector => 8 + (m % 2);
  const scale = (m: number): Vector => 10 + (m % 2);
  const [gamma, g, h] = [12, 13, 14];
  const [results, statistics] = hasMeans
    ? [
        ['slopes', 'meanGs'],
        ['scales', 'means'],
      ]
    : [['slopes'], ['scales']];
  const table = [...arrays(...results, 'dy', 'x', ...statistics, 'gamma'), ...sizes];

  return isa.kernel(table, (call) => {
    const load = (name: string): Pointer => isa.load(call[name]);
    const [dy, x] = [load('dy'), load('x')];
    const [scales, means] = statistics.map(load);
    const [slopes, meanGs] = results.map(load);
    isa.scope(() => unit.loadMask(isa.at(load('mask'))));
    const gammas = isa.spill(call.gamma);
    const counts = ['quads', 'rest'].map((name) => isa.spill(call[name] as Source<'counter'>));
    const next = isa.spill(call.next as Source<'stride'>);
    const distance = isa.load(call.distance as Source<'stride'>);
    const loadSize = (to: Vector) => unit.loadNumber(to, isa.numberAt(call.size));

    /** Sums rows m and m + 1, the first of which `dy` and `x` point to. Advances both by two rows. */
    const sumTwo = (m: number): void => {
      const two = [m, m + 1];
      for (const k of two) {
        unit.clear(sumGX(k));
        unit.loadElement(scale(k), isa.at(scales, k * unit.bytes));
        if (!hasMeans) continue;
        unit.clear(sumG(k));
        unit.loadElement(mean(k), isa.at(means, k * unit.bytes));
      }
      isa.scope(() => {
        const from = isa.load(gammas);
        const [dys, xs] = [dy, x].map((row) => [row, isa.pointTo(isa.atStride(row, distance, 0))]);
        eachQuad(
          isa,
          counts,
          () => isa.at(slopes), // scratch: the slopes of these rows are written after the sums
          (load, clearRest) => {
            load(gamma, isa.at(from));
            for (const k of two) {
              load(g, isa.at(dys[k % 2]));
              unit.multiply(g, g, gamma);
              load(h, isa.at(xs[k % 2]));
              if (hasMeans) unit.subtract(h, h, mean(k));
              unit.multiply(h, h, scale(k));
              unit.multiply(h, g, h);
              clearRest(h);
              unit.add(sumGX(k), sumGX(k), h);
              if (hasMeans) unit.add(sumG(k), sumG(k), g);
            }
          },
          () => {
            for (const pointer of [from, ...dys, ...xs]) isa.skip(pointer, size);
          },
        );
      });
      for (const pointer of [dy, x]) isa.advance(pointer, next);
    };

    isa.repeat(isa.load(call.blocks as Source<'counter'>), () => {
      for (const m of [0, 2]) sumTwo(m);
      unit.store(isa.at(slopes), totals(isa, sumGX(0), 8, loadSize));
      if (hasMeans) unit.store(isa.at(meanGs), totals(isa, sumG(0), 8, loadSize));
      for (const pointer of hasMeans ? [scales, means, slopes, meanGs] : [scales, slopes]) isa.skip(pointer, size);
    });
  });
}

/** The sums of each norm, by the names of `rowFormulas`. */
export const rowSumKernels = {
  layerNormForward: (isa) => assembleMoments(isa, true /* hasMeans */),
  layerNormBackwardInput: (isa) => assembleSlopes(isa, true /* hasMeans */),
  rmsNormForward: (isa) => assembleMoments(isa, false /* hasMeans */),
  rmsNormBackwardInput: (isa) => assembleSlopes(isa, false /* hasMeans */),
} satisfies Record<RowFormulaName, (isa: Isa) => number>;
