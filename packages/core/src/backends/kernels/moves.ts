import { bitsOf } from '../formulas/formula.ts';
import { defineArguments } from '../isa/arguments.ts';
import type { Counter, Isa, Quads, Vector, Vectors } from '../isa/isa.ts';
import { LANES } from './row-lanes.ts';

// `isa` emits code: `load` takes a register, `spill` a slot on the stack; numbers in its calls are vector registers.

export const rowMoveArguments = defineArguments(
  ['rows', 'array'], // [count, row]
  ['matrix', 'array'], // of row 0
  ['choice', 'array'], // for each row, says which row of its matrix is read or written
  ['positions', 'number'], // of a matrix
  ['matrixStep', 'stride'], // from the matrix of a row to that of the next
  ['row', 'stride'], // distance of rows
  ['count', 'count'], // rows, at least 1
  ['mask', 'array'], // of the numbers after the last whole vector
  ['vectors', 'count'], // whole vectors of a row
  ['rest', 'stride'], // bytes of the numbers after them
);

/**
 * Reads one row of each matrix, or writes it. `choice` is its index, or the number of real rows as a double: the row is
 * then the last real one, or the last of all if the number is larger.
 */
function assembleRowMove(isa: Isa, access: 'read' | 'write', choice: 'index' | 'length'): number {
  const unit = isa.formulas;
  const size = unit.bytes * unit.width;
  const [value, positions, length] = [0, 1, 2];
  return isa.kernel(rowMoveArguments, (call) => {
    isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
    const [rows, matrix, choices] = [isa.load(call.rows), isa.load(call.matrix), isa.load(call.choice)];
    const row = isa.load(call.row);
    const vectors = isa.spill(call.vectors);
    const rest = isa.spill(call.rest);
    const matrixStep = isa.spill(call.matrixStep);
    if (choice === 'length') isa.wide.loadNumber(positions, isa.numberAt(call.positions));
    isa.repeat(isa.load(call.count), () => {
      const inMatrix = isa.pointTo(isa.at(matrix));
      if (choice === 'index') {
        isa.advance(inMatrix, isa.multiply(isa.index(isa.at(choices)), row));
        isa.skip(choices, unit.bytes);
      } else {
        isa.wide.loadElement(length, isa.at(choices));
        isa.wide.lesser(length, length, positions);
        isa.advance(inMatrix, isa.multiply(wholeNumber(isa, length), row));
        isa.retreat(inMatrix, row);
        isa.skip(choices, 8);
      }
      const [to, from] = access === 'read' ? [rows, inMatrix] : [inMatrix, rows];
      isa.repeatOrSkip(vectors, () => {
        unit.load(value, isa.at(from));
        unit.store(isa.at(to), value);
        for (const pointer of [from, to]) isa.skip(pointer, size);
      });
      isa.unlessZero(rest, () => {
        unit.loadMasked(value, isa.at(from));
        unit.storeMasked(isa.at(to), value);
        isa.advance(rows, rest);
      });
      isa.advance(matrix, matrixStep);
    });
  });
}

export const clearPaddingArguments = defineArguments(
  ['x', 'array'], // [count, positions, channels]
  ['lengths', 'array'], // doubles
  ['positions', 'number'],
  ['channels', 'number'],
  ['row', 'stride'], // distance of rows
  ['count', 'count'], // rows, at least 1
  ['noMask', 'array'], // the mask of 0 numbers; the mask of n numbers begins n elements before it
  ['width', 'stride'], // numbers of a vector
  ['bytes', 'stride'], // of a number
);

/** x = 0 at the positions of padding. */
function assembleClearPadding(isa: Isa): number {
  const unit = isa.formulas;
  const { wide } = isa;
  const [zero, positions, channels, realNumbers, free] = [0, 1, 2, 3, 4];
  return isa.kernel(clearPaddingArguments, (call) => {
    const [x, lengths] = [isa.load(call.x), isa.load(call.lengths)];
    const noMask = isa.spill(call.noMask);
    const row = isa.spill(call.row);
    const width = isa.spill(call.width);
    const bytes = isa.spill(call.bytes);
    unit.clear(zero);
    wide.loadNumber(positions, isa.numberAt(call.positions));
    wide.loadNumber(channels, isa.numberAt(call.channels));

    isa.repeat(isa.load(call.count), () => {
      isa.scope(() => {
        wide.loadElement(realNumbers, isa.at(lengths));
        wide.lesser(realNumbers, realNumbers, positions);
        wide.subtract(free, positions, realNumbers);
        wide.multiply(realNumbers, realNumbers, channels);
        wide.multiply(free, free, channels); // numbers of the padding
        const to = isa.pointTo(isa.element(x, wholeNumber(isa, realNumbers)));
        const rest = wholeNumber(isa, free);
        wide.multiply(free, free, wide.literal(bitsOf(1 / unit.width, 'float64')));
        const vectors = wholeNumber(isa, free);
        isa.repeatOrSkip(vectors, () => {
          unit.store(isa.at(to), zero);
          isa.skip(to, unit.bytes * unit.width);
        });
        isa.retreat(rest, isa.multiply(wholeNumber(isa, free), width));
        isa.unlessZero(rest, () => {
          const mask = isa.load(noMask);
          isa.retreat(mask, isa.multiply(rest, bytes));
          unit.loadMask(isa.at(mask));
          unit.storeMasked(isa.at(to), zero);
        });
      });
      isa.skip(lengths, 8);
      isa.advance(x, row);
    });
  });
}

export const transposeBlocksArguments = defineArguments(
  ['y', 'array'],
  ['x', 'array'],
  ['yStep', 'stride'], // distance of rows of y
  ['xStep', 'stride'], // distance of rows of x
  ['xBlock', 'stride'], // distance of blocks of x
  ['blocks', 'count'], // squares below each other, at least 1
);

/** y = xᵀ, for as many columns of x as a vector or a quad has numbers. */
function assembleTransposeBlocks(isa: Isa, { load, store, transpose }: Vectors | Quads, width: number): number {
  const { bytes } = isa.formulas;
  return isa.kernel(transposeBlocksArguments, (call) => {
    const rows = isa.rows(call.xStep, width);
    rows.start(call.x);
    const y = isa.load(call.y);
    const yStep = isa.load(call.yStep);
    const xBlock = isa.spill(call.xBlock);
    isa.repeat(call.blocks, () => {
      for (let m = 0; m < width; m++) load(m, rows.at(m));
      const first = transpose(0, width);
      const to = isa.pointTo(isa.at(y));
      for (let k = 0; k < width; k++) {
        if (k > 0) isa.advance(to, yStep);
        store(isa.at(to), first + k);
      }
      rows.advance(xBlock);
      isa.skip(y, width * bytes);
    });
  });
}

const copyArguments = defineArguments(['to', 'array'], ['from', 'array'], ['count', 'count']);

/** Copies `count` doubles, at least one. */
const assembleCopyNumbers = (isa: Isa): number =>
  isa.kernel(copyArguments, (call) => {
    const to = isa.load(call.to);
    const from = isa.load(call.from);
    isa.repeat(isa.load(call.count), () => {
      isa.doubles.load(0, isa.at(from));
      isa.doubles.store(isa.at(to), 0);
      for (const pointer of [from, to]) isa.skip(pointer, 8);
    });
  });

/** Kernels that move numbers. */
export const moveKernels = {
  copyNumbers: assembleCopyNumbers,
  readByIndex: (isa) => assembleRowMove(isa, 'read', 'index'),
  readByLength: (isa) => assembleRowMove(isa, 'read', 'length'),
  writeByLength: (isa) => assembleRowMove(isa, 'write', 'length'),
  clearPadding: assembleClearPadding,
  transposeBlocks: (isa) => assembleTransposeBlocks(isa, isa.vectors, isa.vectors.width),
  transposeQuads: (isa) => assembleTransposeBlocks(isa, isa.quads, LANES),
} satisfies Record<string, (isa: Isa) => number>;

export type MoveKernel = keyof typeof moveKernels;

/** The double in a vector as a whole number, rounded towards 0. */
function wholeNumber({ zero, doubles }: Isa, x: Vector): Counter {
  const counter = zero();
  doubles.readWhole(counter, x);
  return counter;
}
