import { sizeOf } from '@gradloom/core/internal';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { stridesOf, tensorOf } from '../tensor.ts';
import { composedOperator, fixedExtents, inShape } from './elements.ts';
import type { Terms } from './linear.ts';
import { constantNumbers } from './moves.ts';
import { takeOf, takeRows } from './take.ts';

// Images read at the points of a grid, whose places are from -1 to 1 along each axis.

/** The point k of n along an axis of a grid, of corners or of the middles of pixels. */
const pointOf = (k: number, n: number, isOfCorners: boolean): number =>
  isOfCorners ? (n === 1 ? 0 : -1 + (2 * k) / (n - 1)) : (2 * k + 1) / n - 1;

/** Places of the pixels of an output in its input, by a matrix [N, 2, 3] or [N, 3, 4] for each image. */
const affineGrid = composedOperator((call, [theta, size]) => {
  const [, , ...positions] = constantNumbers(call, size, 'a size');
  const isOfCorners = call.int('align_corners', 0) !== 0;
  const [count, steps] = [sizeOf(positions), stridesOf(positions)];
  // Coordinates are x, y and z: the last axis first.
  const order = [...positions.keys()].reverse();
  const points = tensorOf((theta as Item).type, [order.length + 1, count], (numbers) => {
    numbers.fill(1);
    for (const [row, axis] of order.entries()) {
      for (let k = 0; k < count; k++) {
        const pixel = Math.floor(k / steps[axis]) % positions[axis];
        numbers[row * count + k] = pointOf(pixel, positions[axis], isOfCorners);
      }
    }
  });
  const coordinates = call.apply('MatMul', [theta as Item, points]);
  const [movedCoordinates] = call.apply('Transpose', coordinates, { perm: [0, 2, 1] });
  return [inShape(call, movedCoordinates, [extentsOf(theta as Item)[0], ...positions, order.length])];
});

/** A place beyond the ends of n pixels, reflected at them. */
function reflect(position: number, n: number, isOfCorners: boolean): number {
  const [low, length] = isOfCorners ? [0, n - 1] : [-0.5, n];
  if (length === 0) return 0;
  const distance = Math.abs(position - low) % (2 * length);
  return low + Math.min(distance, 2 * length - distance);
}

/** Factors of the four neighbours of a place by cubic convolution with a = -0.75, as PyTorch has it. */
function cubicFactors(t: number): number[] {
  const a = -0.75;
  const nearFactor = (x: number): number => (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1;
  const far = (x: number): number => a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a;
  return [far(t + 1), nearFactor(t), nearFactor(1 - t), far(2 - t)];
}

/** The pixels that a point reads along an axis of n pixels, each with its factor. */
function termsAlong(call: Call, point: number, n: number): Terms {
  const isOfCorners = call.int('align_corners', 0) !== 0;
  const [mode, padding] = [call.text('mode', 'linear'), call.text('padding_mode', 'zeros')];
  let at = isOfCorners ? ((point + 1) / 2) * (n - 1) : ((point + 1) * n - 1) / 2;
  const clampToImage = (position: number): number => {
    const back = padding === 'reflection' ? reflect(position, n, isOfCorners) : position;
    return Math.min(Math.max(back, 0), n - 1);
  };
  const isCubic = mode.endsWith('cubic');
  if (padding !== 'zeros' && !isCubic) at = clampToImage(at);
  const below = Math.floor(at);
  const half = at - below;
  const nearestPixel = half > 0.5 || (half === 0.5 && below % 2 !== 0) ? below + 1 : below;
  const factors = isCubic ? cubicFactors(half) : mode === 'nearest' ? [1] : [1 - half, half];
  const start = isCubic ? below - 1 : mode === 'nearest' ? nearestPixel : below;
  return factors.flatMap((factor, k): Terms => {
    const pixel = padding === 'zeros' ? start + k : clampToImage(start + k);
    return pixel < 0 || pixel > n - 1 ? [] : [[pixel, factor]];
  });
}

/** Sums of terms along axis 2: one after the other, each of all outputs. */
function sumsOf(call: Call, x: Item, outputs: readonly Terms[]): Item {
  const longest = outputs.reduce((longest, terms) => Math.max(longest, terms.length), 1);
  const parts = Array.from({ length: longest }, (_, k): Item => {
    const pixels = outputs.map((terms) => terms[k]?.[0] ?? 0);
    const factors = Float64Array.from(outputs, (terms) => terms[k]?.[1] ?? 0);
    const y = isConstant(x) ? takeOf(x, 2, pixels) : takeRows(call, x, 2, pixels);
    return call.apply('Mul', [y, { type: x.type, dims: [outputs.length], numbers: factors }])[0];
  });
  return parts.reduce((sum, part) => call.apply('Add', [sum, part])[0]);
}

/** An image [N, C, ...] at the points of a grid [N, ..., 2 or 3], which is a constant. */
const gridSample = composedOperator((call, [first, second]) => {
  const [x, grid] = [first as Item, second as Item];
  if (!isConstant(grid)) throw call.fault('a grid that depends on its inputs', 'a constant');
  const [N, C, ...positions] = extentsOf(x);
  const [images, ...others] = grid.dims;
  const [points, rank] = [sizeOf(others.slice(0, -1)), positions.length];
  const steps = stridesOf(positions);
  const flat = inShape(call, x, [N, C, sizeOf(positions)]);
  const termsOfImage = (image: number): Terms[] =>
    Array.from({ length: points }, (_, point) => {
      const at = (image * points + point) * rank;
      return positions.reduce<Terms>(
        (terms, n, axis) => {
          const along = termsAlong(call, grid.numbers[at + rank - 1 - axis], n);
          return terms.flatMap(([pixel, factor]) =>
            along.map(([k, part]) => [pixel + k * steps[axis], factor * part] as const),
          );
        },
        [[0, 1]],
      );
    });
  const sampleImage = (image: number, y: Item): Item => sumsOf(call, y, termsOfImage(image));
  const dims = [N, C, ...others.slice(0, -1)];
  if (images === 1) return [inShape(call, sampleImage(0, flat), dims)];
  fixedExtents(call, [N]);
  const sampledImages = Array.from({ length: images }, (_, n) =>
    sampleImage(n, isConstant(flat) ? takeOf(flat, 0, [n]) : takeRows(call, flat, 0, [n])),
  );
  return [inShape(call, call.apply('Concat', sampledImages, { axis: 0 })[0], dims)];
});

export const gridOperators = { AffineGrid: affineGrid, GridSample: gridSample };
