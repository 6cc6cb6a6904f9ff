import { createArithmetic } from '../formulas/arithmetic.ts';
import { allocateFormula, type EmittableFormula } from '../formulas/emit-formula.ts';
import type { Value } from '../formulas/formula.ts';
import type { Update } from '../formulas/updates.ts';
import type { ArgumentTable } from '../isa/arguments.ts';
import type { Address, Isa, Vector } from '../isa/isa.ts';
import { ifEqual } from './elementwise.ts';

/** Numbers of gradient rows that a kernel can add as it reads them. 0: it reads a mean, and sums no squares. */
export const UPDATE_ROWS = [0, 1, 2, 4, 8];

/** Lanes of a sum of squares. */
const LANES = 4;

// Prefetch distance in bytes. The vectors of a large network come from the third-level cache or from memory; processors
// prefetch two streams by themselves, and take longer if the code prefetches them, too.
const PREFETCH_BYTES = 2048;
const HARDWARE_STREAMS = 2;

/** Vectors of one turn of the loop: at least 32 bytes, which are all lanes of the sum in doubles. */
export const vectorsOfTurn = (vectorBytes: number): number => Math.max(1, 32 / vectorBytes);

/** The arguments of an update, whose loop takes `vectors` vectors a turn. */
export const updateArguments = ({ arrays, numbers }: Update, vectors: number): ArgumentTable => [
  ...arrays.map((name) => [name, 'array'] as const),
  ['rows', 'array'], // the first row of these parameters' gradients
  ['rowStep', 'stride'], // distance of rows
  ['squares', 'array'], // [4] doubles, scratch: the lanes of the sum
  ['square', 'array'], // a double, out
  ['mask', 'array'], // of the parameters after the last turn
  ['turns', 'count'], // of the loop, each over `vectors` vectors
  ...Array.from({ length: vectors }, (_, k) => [restOf(k), 'count'] as const), // parameters of vector k after the turns
  ['inverseCount', 'number'], // 1 / the rows of the batch
  ...numbers.map((name) => [name, 'number'] as const),
];

const restOf = (k: number): string => `rest${k}`;

/**
 * g = the tree's sum of `rowsToAdd` gradient rows · inverseCount; then updates the arrays; square = Σ g² in doubles, in
 * four lanes joined (l0 + l1) + (l2 + l3). The mean itself is not written, which would take as long as reading it. If
 * there are no rows to add, g is the only row, and nothing is squared.
 * `isa` emits code: `load` takes a register, `spill` a slot on the stack; numbers in its calls are vector registers.
 */
export function assembleUpdate(isa: Isa, update: Update, rowsToAdd: number): number {
  const { formulas: unit, wide } = isa;
  const { arrays, numbers, apply, undecayed } = update;
  const size = unit.bytes * unit.width;
  const vectors = vectorsOfTurn(size);
  const sums = Array.from({ length: LANES / wide.width }, (_, k) => k);
  const free = sums.length;

  const isMean = rowsToAdd === 0;
  const count = isMean ? 1 : rowsToAdd;
  const allocate = (apply: Update['apply']): EmittableFormula => {
    const m = createArithmetic(isa);
    const treeOf = (first: number, rows: number): Value =>
      rows === 1 ? m.input(first) : m.add(treeOf(first, rows / 2), treeOf(first + rows / 2, rows / 2));
    const g = isMean ? m.input(0) : m.multiply(treeOf(0, count), m.number(0));
    const [old, hyper] = [arrays.map((_, k) => m.input(count + k)), numbers.map((_, k) => m.number(1 + k))];
    return allocateFormula(unit, m, apply(m, g, ...old, ...hyper), free + 1, isMean ? undefined : g);
  };

  return isa.kernel(updateArguments(update, vectors), (call) => {
    const rows = isa.rows(call.rowStep, count);
    rows.start(call.rows);
    const pointers = arrays.map((name) => isa.load(call[name]));
    const run = (apply: Update['apply']) => () => updateAll(allocate(apply));
    // The last number is the weight decay; if it is 0, the formula `undecayed` has the same results and is faster.
    if (undecayed === undefined) run(apply)();
    else ifEqual(isa, call[numbers[numbers.length - 1]], 0, run(undecayed), run(apply));
    if (!isMean) joinSquares();

    function updateAll(formula: EmittableFormula): void {
      for (const sum of sums) wide.clear(sum);
      formula.prepare((k) => isa.numberAt(call[k === 0 ? 'inverseCount' : numbers[k - 1]]));
      isa.repeatOrSkip(call.turns, () => {
        if (count + pointers.length > HARDWARE_STREAMS) {
          for (let s = 0; s < count; s++) isa.prefetch(rows.at(s, PREFETCH_BYTES));
          for (const pointer of pointers) isa.prefetchToWrite(isa.at(pointer, PREFETCH_BYTES));
        }
        for (let k = 0; k < vectors; k++) updateVector(formula, k, unit.load, unit.store);
        rows.skip(vectors * size);
        for (const pointer of pointers) isa.skip(pointer, vectors * size);
      });
      for (let k = 0; k < vectors; k++) {
        isa.unlessZero(call[restOf(k)], () => {
          isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask), k * size)));
          updateVector(formula, k, unit.loadMasked, unit.storeMasked);
        });
      }
    }

    function joinSquares(): void {
      const squares = isa.load(call.squares);
      for (const sum of sums) wide.store(isa.at(squares, 8 * wide.width * sum), sum);
      const [l0, l1, l2, l3] = [0, 1, 2, 3];
      for (const lane of [l0, l1, l2, l3]) wide.loadNumber(lane, isa.at(squares, 8 * lane));
      wide.add(l0, l0, l1);
      wide.add(l2, l2, l3);
      wide.add(l0, l0, l2);
      isa.doubles.store(isa.at(isa.load(call.square)), l0);
    }

    /** Updates vector k of a turn. */
    function updateVector(formula: EmittableFormula, k: number, load: typeof unit.load, store: typeof unit.store) {
      const at = (input: number): Address =>
        input < count ? rows.at(input, k * size) : isa.at(pointers[input - count], k * size);
      formula.emit({
        load: (to, input) => load(to, at(input)),
        store: (array, from) => store(at(count + array), from),
        observe: (mean) => addSquares(mean, k),
      });
    }
  });

  /** Lane i mod 4 += x[i]², i ascending, for vector k of a turn. */
  function addSquares(x: Vector, k: number): void {
    const parts = unit.width / wide.width;
    for (let part = 0; part < parts; part++) {
      const sum = sums[(k * parts + part) % sums.length];
      const doubles = unit.widen(free, x, part);
      wide.multiply(free, doubles, doubles);
      wide.add(sum, sum, free);
    }
  }
}
