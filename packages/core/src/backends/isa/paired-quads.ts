import type { FormulaUnit, Operand, Quads, Vector } from './isa.ts';

/** Quads of doubles for vectors of two: quad k is the vectors 2k and 2k + 1. `halfAt` is the address of half 0 or 1. */
export function createPairedQuads<A>(
  unit: FormulaUnit<A>,
  halfAt: (address: A, half: number) => A,
  others: Pick<Quads<A>, 'loadMask' | 'loadMasked' | 'transpose'>,
): Quads<A> {
  const halves = [0, 1];
  const halfOf = (operand: Operand<A>, half: number): Operand<A> =>
    typeof operand === 'number' ? 2 * operand + half : halfAt(operand, half);
  const onBothHalves =
    (act: (to: Vector, x: Vector, y: Operand<A>) => void) =>
    (to: Vector, x: Vector, y: Operand<A>): void => {
      for (const half of halves) act(2 * to + half, 2 * x + half, halfOf(y, half));
    };
  /** Loads one number into all lanes of both halves. */
  const loadBoth =
    (load: (to: Vector, from: A) => void) =>
    (to: Vector, from: A): void => {
      load(2 * to, from);
      unit.move(2 * to + 1, 2 * to);
    };
  return {
    ...others,
    bytes: unit.bytes,
    load(to, from) {
      for (const half of halves) unit.load(2 * to + half, halfAt(from, half));
    },
    store(to, from) {
      for (const half of halves) unit.store(halfAt(to, half), 2 * from + half);
    },
    loadElement: loadBoth(unit.loadElement),
    loadNumber: loadBoth(unit.loadNumber),
    clear(to) {
      for (const half of halves) unit.clear(2 * to + half);
    },
    add: onBothHalves(unit.add),
    subtract: onBothHalves(unit.subtract),
    multiply: onBothHalves(unit.multiply),
    divide: onBothHalves(unit.divide),
    greater: onBothHalves(unit.greater),
    squareRoot(to, x) {
      for (const half of halves) unit.squareRoot(2 * to + half, 2 * x + half);
    },
  };
}
