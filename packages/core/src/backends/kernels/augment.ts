import { bitsOf } from '../formulas/formula.ts';
import { defineArguments } from '../isa/arguments.ts';
import type { Counter, Isa, Vector } from '../isa/isa.ts';

// `isa` emits code: `load` takes a register, `spill` a slot on the stack; numbers in its calls are vector registers.

export const movePixelsArguments = defineArguments(
  ['to', 'array'],
  ['from', 'array'],
  ['line', 'stride'], // distance of lines
  ['toPixel', 'stride'], // distance of pixels in `to`
  ['fromPixel', 'stride'], // distance of pixels in `from`, negative if the image is mirrored
  ['lines', 'count'], // at least 1
  ['pixels', 'count'], // of a line, at least 1
  ['vectors', 'count'], // whole vectors of a pixel
  ['numbers', 'count'], // numbers of a pixel after its whole vectors
);

/** Copies the pixels of a part of an image, line by line. */
function assembleMovePixels(isa: Isa): number {
  const unit = isa.formulas;
  return isa.kernel(movePixelsArguments, (call) => {
    const [toLine, fromLine] = [isa.load(call.to), isa.load(call.from)];
    const [toPixel, fromPixel] = [isa.load(call.toPixel), isa.load(call.fromPixel)];
    const [line, pixels] = [isa.spill(call.line), isa.spill(call.pixels)];
    const [vectors, numbers] = [isa.spill(call.vectors), isa.spill(call.numbers)];
    isa.repeat(isa.load(call.lines), () => {
      const [toFirst, fromFirst] = [isa.pointTo(isa.at(toLine)), isa.pointTo(isa.at(fromLine))];
      isa.repeat(isa.load(pixels), () => {
        const [to, from] = [isa.pointTo(isa.at(toFirst)), isa.pointTo(isa.at(fromFirst))];
        isa.repeatOrSkip(vectors, () => {
          unit.load(0, isa.at(from));
          unit.store(isa.at(to), 0);
          for (const pointer of [to, from]) isa.skip(pointer, unit.bytes * unit.width);
        });
        isa.repeatOrSkip(numbers, () => {
          isa.scope(() => isa.storeBits(isa.at(to), isa.loadBits(isa.at(from))));
          for (const pointer of [to, from]) isa.skip(pointer, unit.bytes);
        });
        isa.advance(toFirst, toPixel);
        isa.advance(fromFirst, fromPixel);
      });
      for (const pointer of [toLine, fromLine]) isa.advance(pointer, line);
    });
  });
}

export const turnPixelsArguments = defineArguments(
  ['x', 'array'], // the first pixel, out
  ['image', 'array'],
  ['fractions', 'array'], // [2] doubles, scratch
  ['j', 'number'], // column of the first pixel, which shows column a · j + lineX and line d · j + lineY of the image
  ['a', 'number'],
  ['lineX', 'number'],
  ['d', 'number'],
  ['lineY', 'number'],
  ['line', 'stride'], // distance of lines
  ['pixel', 'stride'], // distance of pixels
  ['pixels', 'count'], // at least 1
  ['mask', 'array'], // of the channels after the last whole vector
  ['vectors', 'count'], // whole vectors of channels
  ['rest', 'stride'], // bytes of the channels after them
);

/**
 * Pixels of a line whose points have four pixels of the image around them: each is interpolated between them. The
 * fractions of lines and columns are computed in doubles, and then rounded.
 */
function assembleTurnPixels(isa: Isa): number {
  const { doubles, wide, formulas: unit } = isa;
  const size = unit.bytes * unit.width;
  const [j, a, lineX, d, lineY, one, roundingTerm, point, floor, free] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  // These overwrite the registers of a point, which is read before them.
  const [p, q, r, s, fractionX, fractionY] = [7, 8, 9, 10, 11, 12];
  const above = wide.maskRegisters > 0 ? 0 : free; // a mask, which takes a vector register if there are no others

  return isa.kernel(turnPixelsArguments, (call) => {
    isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
    const [x, image, fractions] = [isa.load(call.x), isa.load(call.image), isa.load(call.fractions)];
    const [line, pixel] = [isa.load(call.line), isa.load(call.pixel)];
    const [vectors, rest] = [isa.spill(call.vectors), isa.spill(call.rest)];
    const names = ['j', 'a', 'lineX', 'd', 'lineY'] as const; // of registers 0 to 4
    for (const [register, name] of names.entries()) wide.loadNumber(register, isa.numberAt(call[name]));
    wide.loadLiteral(one, wide.literal(bitsOf(1, 'float64')));
    // 2⁵²: all doubles from here on are whole, so adding it and subtracting it again rounds.
    wide.loadLiteral(roundingTerm, wide.literal(bitsOf(4_503_599_627_370_496, 'float64')));

    isa.repeat(isa.load(call.pixels), () => {
      const corner = isa.pointTo(isa.at(image));
      isa.scope(() => isa.advance(corner, isa.multiply(floorAt(a, lineX, 0), pixel)));
      isa.scope(() => isa.advance(corner, isa.multiply(floorAt(d, lineY, 8), line)));
      const below = isa.pointTo(isa.atStride(corner, line, 0));
      unit.loadNumber(fractionX, isa.at(fractions));
      unit.loadNumber(fractionY, isa.at(fractions, 8));
      wide.add(j, j, one);
      isa.repeatOrSkip(vectors, () => {
        interpolatePixel(unit.load, unit.store);
        for (const pointer of [x, corner, below]) isa.skip(pointer, size);
      });
      isa.unlessZero(rest, () => {
        interpolatePixel(unit.loadMasked, unit.storeMasked);
        isa.advance(x, rest);
      });

      function interpolatePixel(load: typeof unit.load, store: typeof unit.store): void {
        load(p, isa.at(corner));
        load(q, isa.atStride(corner, pixel, 0));
        load(r, isa.at(below));
        load(s, isa.atStride(below, pixel, 0));
        interpolate(p, q, fractionX);
        interpolate(r, s, fractionX);
        interpolate(p, r, fractionY);
        store(isa.at(x), p);
      }
    });

    /** slope · j + start, rounded to the nearest and, if that is above, less 1. Its fraction goes to byte `offset`. */
    function floorAt(slope: Vector, start: Vector, offset: number): Counter {
      wide.multiply(point, slope, j);
      wide.add(point, point, start);
      wide.add(floor, point, roundingTerm);
      wide.subtract(floor, floor, roundingTerm);
      wide.compare(above, 'greater', floor, point);
      wide.chooseOrZero(free, above, one);
      wide.subtract(floor, floor, free);
      wide.subtract(point, point, floor);
      doubles.store(isa.at(fractions, offset), point);
      const counter = isa.zero();
      doubles.readWhole(counter, floor);
      return counter;
    }

    /** x += fraction · (y - x). Overwrites y. */
    function interpolate(x: Vector, y: Vector, fraction: Vector): void {
      unit.subtract(y, y, x);
      unit.multiply(y, fraction, y);
      unit.add(x, x, y);
    }
  });
}

/** The kernels of augmentations. */
export const augmentKernels = { movePixels: assembleMovePixels, turnPixels: assembleTurnPixels };

export type AugmentKernel = keyof typeof augmentKernels;
