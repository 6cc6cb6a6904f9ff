import { bitsOf } from '../formulas/formula.ts';
import { defineArguments } from '../isa/arguments.ts';
import type { Address, CallOf, Isa, Mask, Pointer, Vector } from '../isa/isa.ts';

/** Arguments of all kernels that go through the pixels of images and through the window of each in other images. */
export const sharedArguments = defineArguments(
  ['pixels', 'array'], // the first pixel
  ['windows', 'array'], // the first element of its window
  ['mask', 'array'], // of the last vector of channels
  ['images', 'count'], // all counts are at least 1
  ['rows', 'count'], // rows of pixels
  ['columns', 'count'],
  ['lines', 'count'], // lines of a window
  ['taps', 'count'], // elements of a line
  ['pixelColumn', 'stride'], // from a pixel to the next one
  ['pixelRow', 'stride'], // from the end of a row to the next one
  ['pixelImage', 'stride'], // from the end of the rows to the next image
  ['windowColumn', 'stride'], // the same for the first elements of windows
  ['windowRow', 'stride'],
  ['windowImage', 'stride'],
  ['tap', 'stride'], // from an element of a window to the next one
  ['line', 'stride'], // from the end of a line to the next one
);

/**
 * Numbers are multiplied by `factor`, then divided by `divisor` if `divides`, then 0 if |x| is below `minSize`: it is
 * `FLUSH_BELOW` for gradients, which must not become subnormal, and 0 for other numbers.
 */
export const scaledArguments = defineArguments(
  ...sharedArguments,
  ['divides', 'count'], // 0 or 1
  ['factor', 'number'],
  ['divisor', 'number'],
  ['minSize', 'number'],
);

export const pairedArguments = defineArguments(
  ...sharedArguments,
  ['pixelPair', 'stride'], // from a pixel to that of a second array
  ['windowPair', 'stride'], // from a window to that of another second array
);

/** Vectors of channels that a kernel takes at once: whole ones, or one that is masked. */
export interface Channels {
  readonly vectors: number;
  readonly masked: boolean;
}

/** Maximum number of vectors that a kernel of pools takes at once. */
export const MAX_CHANNEL_VECTORS = 4;

/** Does something with each vector of channels: v, its offset in bytes, and how it is loaded and stored. */
type EachVector = (body: (v: number, offset: number, load: Load, store: Store) => void) => void;
type Load = (to: Vector, from: Address) => void;
type Store = (to: Address, from: Vector) => void;

/** Runs the body at each element of a window. */
type EachTap = (window: Pointer, body: (tap: Pointer) => void) => void;

/** Goes through the elements of windows. */
function createTaps(isa: Isa, call: CallOf<typeof sharedArguments>): EachTap {
  const lines = isa.spill(call.lines);
  const taps = isa.spill(call.taps);
  const [tapStep, lineStep] = [isa.load(call.tap), isa.load(call.line)];
  return (window, act) =>
    isa.scope(() => {
      const tap = isa.pointTo(isa.at(window));
      isa.repeat(isa.load(lines), () => {
        isa.repeat(isa.load(taps), () => {
          act(tap);
          isa.advance(tap, tapStep);
        });
        isa.advance(tap, lineStep);
      });
    });
}

/** Runs the body at each pixel and its window. */
export function forEachPixel(
  isa: Isa,
  call: CallOf<typeof sharedArguments>,
  { vectors, masked }: Channels,
  body: (pixel: Pointer, window: Pointer, each: EachVector) => void,
): void {
  const unit = isa.formulas;
  const pixel = isa.load(call.pixels);
  const window = isa.load(call.windows);
  if (masked) isa.scope(() => unit.loadMask(isa.at(isa.load(call.mask))));
  const columns = isa.spill(call.columns);
  const pixelColumn = isa.spill(call.pixelColumn);
  const windowColumn = isa.spill(call.windowColumn);

  const each: EachVector = (act) => {
    for (let v = 0; v < vectors; v++) {
      const isLast = masked && v === vectors - 1;
      const [load, store] = isLast ? [unit.loadMasked, unit.storeMasked] : [unit.load, unit.store];
      act(v, unit.bytes * unit.width * v, load, store);
    }
  };
  isa.repeat(isa.load(call.images), () => {
    isa.repeat(isa.load(call.rows), () => {
      isa.repeat(isa.load(columns), () => {
        body(pixel, window, each);
        isa.advance(pixel, pixelColumn);
        isa.advance(window, windowColumn);
      });
      isa.advance(pixel, call.pixelRow);
      isa.advance(window, call.windowRow);
    });
    isa.advance(pixel, call.pixelImage);
    isa.advance(window, call.windowImage);
  });
}

const FREE = MAX_CHANNEL_VECTORS; // the vectors below it hold the pixel's channels

/** Pixel = the largest number of its window, the first of equal ones; NaN if a number of the window is NaN. */
function assembleMaximum(isa: Isa, channels: Channels): number {
  const unit = isa.formulas;
  const mask = maskOf(isa, FREE + 1);
  return isa.kernel(sharedArguments, (call) => {
    const eachTap = createTaps(isa, call);
    forEachPixel(isa, call, channels, (pixel, window, each) => {
      each((v) => unit.loadLiteral(v, unit.literal(bitsOf(Number.NEGATIVE_INFINITY, isa.type))));
      eachTap(window, (tap) =>
        each((v, offset, load) => {
          load(FREE, isa.at(tap, offset));
          unit.compare(mask, 'equal', FREE, FREE);
          unit.greater(v, FREE, v); // v stays, if one of them is NaN
          unit.choose(v, mask, v, FREE);
        }),
      );
      each((v, offset, _load, store) => store(isa.at(pixel, offset), v));
    });
  });
}

/** Pixel = the sum of its window from 0, scaled. */
function assembleSum(isa: Isa, channels: Channels): number {
  const unit = isa.formulas;
  return isa.kernel(scaledArguments, (call) => {
    const scale = createScale(isa, call);
    const eachTap = createTaps(isa, call);
    forEachPixel(isa, call, channels, (pixel, window, each) => {
      each((v) => unit.clear(v));
      eachTap(window, (tap) =>
        each((v, offset, load) => {
          load(FREE, isa.at(tap, offset));
          unit.add(v, v, FREE);
        }),
      );
      scale(each);
      each((v, offset, _load, store) => store(isa.at(pixel, offset), v));
    });
  });
}

/** All elements of a window = its pixel, scaled. */
function assembleSpread(isa: Isa, channels: Channels): number {
  return isa.kernel(scaledArguments, (call) => {
    const scale = createScale(isa, call);
    const eachTap = createTaps(isa, call);
    forEachPixel(isa, call, channels, (pixel, window, each) => {
      each((v, offset, load) => load(v, isa.at(pixel, offset)));
      scale(each);
      eachTap(window, (tap) => each((v, offset, _load, store) => store(isa.at(tap, offset), v)));
    });
  });
}

/**
 * The gradient of max-pooling: the first element of a window that equals its pixel, or is NaN, gets in the second array
 * what the pixel has in its second array; other elements get 0. With `accumulate` these are added to what is there.
 */
function assembleSetAtMaximum(isa: Isa, channels: Channels, accumulate: boolean): number {
  const unit = isa.formulas;
  const gradient = (v: number): Vector => FREE + v;
  // `scratch` holds the sum of the pixels, then an element of a window, then its gradient; `share` what is added to it.
  const [scratch, share] = [2 * FREE, 2 * FREE + 1];
  const mask = maskOf(isa, 2 * FREE + 2);
  const literal = (x: number): Address => unit.literal(bitsOf(x, isa.type));
  return isa.kernel(pairedArguments, (call) => {
    const eachTap = createTaps(isa, call);
    const [pixelPair, windowPair] = [isa.load(call.pixelPair), isa.load(call.windowPair)];
    forEachPixel(isa, call, channels, (pixel, window, each) => {
      unit.clear(scratch);
      each((v, offset, load) => {
        load(v, isa.at(pixel, offset));
        load(gradient(v), isa.atStride(pixel, pixelPair, offset));
        unit.add(gradient(v), gradient(v), literal(0)); // -0 becomes +0
        unit.add(scratch, scratch, v);
      });
      unit.compare(mask, 'notLess', scratch, literal(Infinity)); // the sum is NaN if a pixel is
      const mayBeNaN = isa.zero();
      unit.readMask(mayBeNaN, mask);
      const setElements = (takesNaN: boolean): void =>
        eachTap(window, (tap) =>
          each((v, offset, load, store) => {
            load(scratch, isa.at(tap, offset));
            unit.compare(mask, 'equal', scratch, v);
            unit.chooseOrZero(share, mask, gradient(v));
            if (takesNaN) {
              unit.compare(mask, 'equal', scratch, scratch);
              unit.choose(share, mask, share, gradient(v));
            }
            unit.xor(gradient(v), gradient(v), share); // 0 once an element has got the gradient
            const to = isa.atStride(tap, windowPair, offset);
            if (accumulate) {
              load(scratch, to);
              unit.add(share, scratch, share);
            }
            store(to, share);
          }),
        );
      isa.unlessZero(
        mayBeNaN,
        () => setElements(true),
        () => setElements(false),
      );
    });
  });
}

/** Emits the scaling of each vector of channels. */
function createScale(isa: Isa, call: CallOf<typeof scaledArguments>): (each: EachVector) => void {
  const unit = isa.formulas;
  const [factor, divisor, minSize] = [FREE + 1, FREE + 2, FREE + 3];
  const mask = maskOf(isa, FREE + 4);
  const divides = isa.load(call.divides);
  unit.loadNumber(factor, isa.numberAt(call.factor));
  unit.loadNumber(divisor, isa.numberAt(call.divisor));
  unit.loadNumber(minSize, isa.numberAt(call.minSize));
  const sizeBits = unit.literal(bitsOf(-0, isa.type) - 1n); // all but the sign
  return (each) => {
    each((v) => unit.multiply(v, v, factor));
    isa.unlessZero(divides, () => each((v) => unit.divide(v, v, divisor)));
    each((v) => {
      unit.and(FREE, v, sizeBits);
      unit.compare(mask, 'notLess', FREE, minSize);
      unit.chooseOrZero(v, mask, v);
    });
  };
}

/** The register of a mask: a mask register if the processor has any, else `vector`. */
const maskOf = ({ formulas }: Isa, vector: Vector): Mask => (formulas.maskRegisters > 0 ? 0 : vector);

/** The kernels that go through pixels and their windows. */
export const windowKernels = {
  maximum: assembleMaximum,
  sum: assembleSum,
  spread: assembleSpread,
  setAtMaximum: (isa, channels) => assembleSetAtMaximum(isa, channels, false /* accumulate */),
  addAtMaximum: (isa, channels) => assembleSetAtMaximum(isa, channels, true /* accumulate */),
} satisfies Record<string, (isa: Isa, channels: Channels) => number>;

export type WindowKernel = keyof typeof windowKernels;

/** Offsets of the kernels for channels of so many whole vectors, [vectors], and for a masked one. */
export interface WindowOffsets {
  readonly full: readonly number[];
  readonly masked: number;
}

/** Assembles a kernel for up to `maxVectors` whole vectors, and for a masked one. */
export function assembleWindows(
  isa: Isa,
  assemble: (isa: Isa, channels: Channels) => number,
  maxVectors = MAX_CHANNEL_VECTORS,
): WindowOffsets {
  const fullBlocks = Array.from({ length: maxVectors + 1 }, (_, vectors) =>
    vectors === 0 ? -1 /* never called */ : assemble(isa, { vectors, masked: false }),
  );
  return { full: fullBlocks, masked: assemble(isa, { vectors: 1, masked: true }) };
}
