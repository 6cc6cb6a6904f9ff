import { createArithmetic } from '../formulas/arithmetic.ts';
import { allocateFormula } from '../formulas/emit-formula.ts';
import { defineArguments } from '../isa/arguments.ts';
import type { Address, Isa, Pointer, Source } from '../isa/isa.ts';

/** 2⁵². A call passes a 32-bit word as the double 2⁵² + word, whose lower 32 bits are the word. */
export const WORD = 4503599627370496;
/** 2³²: how many 32-bit words there are. */
const WORDS = 4294967296;

export const dropoutArguments = defineArguments(
  ['y', 'array'],
  ['x', 'array'],
  ['scratch', 'array'], // [DROPOUT_SCRATCH] doubles
  ['mask', 'array'], // of the columns after the last whole vector
  ['rows', 'count'], // at least 1
  ['positions', 'count'], // of a row, at least 1
  ['chunks', 'count'], // whole chunks of a position
  ['columns', 'count'], // columns after the whole chunks
  ['vectors', 'count'], // whole vectors of these columns
  ['rest', 'count'], // columns after the whole vectors
  ['position', 'stride'], // from a position to the next
  ['row', 'stride'], // from a row to the next
  ['key0', 'number'], // a word (see `WORD`), as are the next three
  ['key1', 'number'],
  ['threshold', 'number'],
  ['block', 'number'], // index of the block of column 0
  ['factor', 'number'],
  ['first', 'number'], // index of row 0 in the batch; like `step` a whole number below 2⁵³
  ['step', 'number'],
);

// As in packages/core/src/math/random/philox.ts.
const ROUNDS = 10;
const MULTIPLIERS = [0xd2511f53, 0xcd9e8d57] as const;
const KEY_STEPS = [0x9e3779b9, 0xbb67ae85];

/** Maximum number of bytes of a vector. */
const VECTOR = 64;
/** Columns of a chunk, which are drawn together. Half as many take as long, since each round waits for the last. */
export const CHUNK = 32;

// Byte offsets in the scratch, which begins with the keys of the rounds.
const BLOCKS = 2 * ROUNDS * VECTOR; // indices of the next blocks
const ROW = BLOCKS + VECTOR; // index of the next row
const STEP = ROW + VECTOR; // both words of the step
const FACTORS = STEP + 2 * VECTOR; // factors of a chunk
/** Doubles of scratch, a multiple of eight. */
export const DROPOUT_SCRATCH = FACTORS / 8 + CHUNK;

/**
 * y = x · m at all positions of a row, m = 0 if the random word of the column is below `threshold`, else `factor`. y
 * may be x.
 * `isa` emits code: `load` takes a register, `spill` a slot on the stack; numbers in its calls are vector registers.
 */
export function assembleDropout(isa: Isa): number {
  const unit = isa.formulas;
  const { words } = unit;
  const size = unit.bytes * unit.width;
  const chunkVectors = CHUNK / unit.width;
  const blockVectors = CHUNK / (4 * words.blocks); // a block of Philox is four words
  const value = 6 * blockVectors; // `drawFactors` has the six registers per vector of blocks before it
  const [multiplier0, multiplier1] = [value + 1, value + 2];

  return isa.kernel(dropoutArguments, (call) => {
    const x = isa.load(call.x);
    const toY = isa.distance(x, isa.load(call.y));
    const scratch = isa.load(call.scratch);
    isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
    const positions = isa.spill(call.positions);
    const position = isa.load(call.position);
    const vectors = isa.spill(call.vectors);
    const columns = isa.spill(call.columns);
    const chunks = isa.spill(call.chunks);
    const rest = isa.spill(call.rest);
    const nextRow = isa.spill(call.row);
    const [blocks, row] = [isa.at(scratch, BLOCKS), isa.at(scratch, ROW)];
    storeKeys();
    const [low, high] = [isa.at(scratch, STEP), isa.at(scratch, STEP + VECTOR)];
    storeWords(call.first, low, high);
    words.spread(value, low);
    unit.store(row, value);
    storeWords(call.step, low, high);

    isa.repeat(isa.load(call.rows), () => {
      words.numberBlocks(value);
      words.spread(multiplier0, isa.numberAt(call.block));
      words.addWords(value, multiplier0);
      unit.store(blocks, value);
      const chunk = isa.pointTo(isa.at(x));
      isa.repeatOrSkip(chunks, () => {
        drawFactors();
        eachPosition(chunk, (from) => {
          for (let v = 0; v < chunkVectors; v++) applyFactors(from, size * v, factorAt(v), unit.load, unit.store);
        });
        isa.skip(chunk, size * chunkVectors);
        increase(blocks, blockVectors * words.blocks);
      });
      isa.unlessZero(columns, () => {
        drawFactors();
        eachPosition(chunk, (from) => {
          const factors = isa.pointTo(factorAt(0));
          isa.repeatOrSkip(vectors, () => {
            applyFactors(from, 0, isa.at(factors), unit.load, unit.store);
            for (const pointer of [from, factors]) isa.skip(pointer, size);
          });
          isa.unlessZero(rest, () => applyFactors(from, 0, isa.at(factors), unit.loadMasked, unit.storeMasked));
        });
      });
      isa.advance(x, nextRow);
      increase(row, 1);
    });

    function factorAt(v: number): Address {
      return isa.at(scratch, FACTORS + size * v);
    }

    function keyAt(round: number, k: number): Address {
      return isa.at(scratch, VECTOR * (2 * round + k));
    }

    function storeKeys(): void {
      for (const [k, key] of [call.key0, call.key1].entries()) {
        words.spread(value, isa.numberAt(key));
        for (let round = 0; round < ROUNDS; round++) {
          unit.store(keyAt(round, k), value);
          words.addNumber(value, KEY_STEPS[k]);
        }
      }
    }

    /** Splits a whole number below 2⁵³ into words, with `WORD` added. */
    function storeWords(number: Source<'number'>, low: Address, high: Address): void {
      const { wide } = isa;
      const m = createArithmetic({ type: 'float64', formulas: wide });
      const [word, wordCount] = [m.constant(WORD), m.constant(WORDS)];
      const x = m.number(0);
      const nearestQuotient = m.subtract(m.add(m.multiply(x, m.constant(1 / WORDS)), word), word);
      const isAbove = m.compare(m.multiply(nearestQuotient, wordCount), 'greater', x);
      const upper = m.subtract(nearestQuotient, m.chooseOrZero(isAbove, m.constant(1)));
      const results = [m.add(m.subtract(x, m.multiply(upper, wordCount)), word), m.add(upper, word)];
      const formula = allocateFormula(wide, m, results);
      formula.prepare(() => isa.numberAt(number));
      formula.emit({ load: () => {}, store: (k, from) => wide.store(k === 0 ? low : high, from) });
    }

    /** The words at `address` += `step`. */
    function increase(address: Address, step: number): void {
      unit.load(value, address);
      words.addNumber(value, step);
      unit.store(address, value);
    }

    /** Writes the factors of the next columns: Philox-4x32-10 of the counters (block, row, step, stepHigh). */
    function drawFactors(): void {
      const counters = Array.from({ length: blockVectors }, (_, k) => {
        const first = 6 * k; // four words of state, and two free registers
        unit.load(first, blocks);
        if (k > 0) words.addNumber(first, k * words.blocks);
        unit.load(first + 1, row);
        words.spread(first + 2, low);
        words.spread(first + 3, high);
        return { state: [0, 1, 2, 3].map((i) => first + i), free: [first + 4, first + 5] };
      });
      words.loadLiteral(multiplier0, MULTIPLIERS[0]);
      words.loadLiteral(multiplier1, MULTIPLIERS[1]);
      for (let round = 0; round < ROUNDS; round++) {
        for (const set of counters) {
          const [x0, x1, x2, x3] = set.state;
          const [high, low] = set.free;
          words.multiply(high, low, x0, multiplier0);
          words.multiply(x0, x2, x2, multiplier1);
          words.mix(x0, x1, keyAt(round, 0));
          words.mix(high, x3, keyAt(round, 1));
          set.state = [x0, x2, high, low];
          set.free = [x1, x3];
        }
      }
      const [threshold, factor] = counters[0].free;
      words.spread(threshold, isa.numberAt(call.threshold));
      unit.loadNumber(factor, isa.numberAt(call.factor));
      const factors = [multiplier0, multiplier1].slice(0, unit.bytes / 4);
      for (const [k, word] of counters.flatMap(({ state }) => words.inOrder(state)).entries()) {
        words.chooseAtLeast(factors, word, threshold, factor);
        for (const [v, register] of factors.entries()) unit.store(factorAt(k * factors.length + v), register);
      }
    }

    function eachPosition(first: Pointer, body: (from: Pointer) => void): void {
      const start = isa.pointTo(isa.at(first));
      isa.repeat(isa.load(positions), () => {
        body(isa.pointTo(isa.at(start)));
        isa.advance(start, position);
      });
    }

    /** Multiplies a vector of x by factors, and stores it to y. */
    function applyFactors(
      from: Pointer,
      offset: number,
      factors: Address,
      load: typeof unit.load,
      store: typeof unit.store,
    ): void {
      load(value, isa.at(from, offset));
      unit.multiply(value, value, factors);
      store(isa.atStride(from, toY, offset), value);
    }
  });
}
