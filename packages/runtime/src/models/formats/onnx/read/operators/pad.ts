import { pad as padLayer } from '@gradloom/core';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import { eachPlace, stridesOf, tensorOf } from '../tensor.ts';
import { composedOperator, inShape } from './elements.ts';
import { alongAxis, axisOf, constantNumbers } from './moves.ts';
import type { Operator } from './operator.ts';
import { takeOf, takeRows } from './take.ts';

/** By mode, the place of n that stands at place k, which may be before the first or after the last. */
const modes: Readonly<Record<string, (k: number, n: number) => number>> = {
  edge: (k, n) => Math.min(Math.max(k, 0), n - 1),
  reflect(k, n) {
    const period = Math.max(1, 2 * (n - 1));
    const at = ((k % period) + period) % period;
    return Math.min(at, period - at);
  },
  wrap: (k, n) => ((k % n) + n) % n,
};

/** Numbers before and after each axis: of an attribute, or, since opset 11, of inputs. */
function paddingOf(call: Call, [x, pads, value, axesInput]: readonly (Item | undefined)[]) {
  const rank = extentsOf(x as Item).length;
  const isOld = call.opset < 11;
  const numbers = isOld ? call.ints(call.has('paddings') ? 'paddings' : 'pads') : constantNumbers(call, pads, 'pads');
  const filler = isOld
    ? call.float('value', 0)
    : value === undefined
      ? 0
      : (constantNumbers(call, value, 'a value')[0] ?? 0);
  const allAxes = Array.from({ length: rank }, (_, axis) => axis);
  const axes = axesInput === undefined ? allAxes : constantNumbers(call, axesInput, 'axes');
  const sides = axes.map((axis, k) => [axisOf(call, axis, rank), numbers[k], numbers[k + axes.length]] as const);
  return { filler, sides };
}

const pad = composedOperator((call, xs) => {
  const { filler, sides } = paddingOf(call, xs);
  const mode = call.text('mode', 'constant');
  if (mode !== 'constant' && !Object.hasOwn(modes, mode))
    throw call.fault(`mode ${mode}`, Object.keys(modes).join(', '));
  let y = xs[0] as Item;
  for (const [axis, before, after] of sides) {
    if (before === 0 && after === 0) continue;
    const n = extentsOf(y)[axis];
    const isConstantMode = mode === 'constant';
    // A negative number cuts off.
    const [from, to] = isConstantMode ? [-Math.min(before, 0), n + Math.min(after, 0)] : [-before, n + after];
    const places = Array.from({ length: to - from }, (_, k) => from + k);
    const indices = isConstantMode ? places : places.map((k) => modes[mode](k, n));
    y = isConstant(y) ? takeOf(y, axis, indices) : takeRows(call, y, axis, indices);
    if (isConstantMode) y = padAxis(call, y, axis, [Math.max(before, 0), Math.max(after, 0)], filler);
  }
  return [y];
});

/** The item with a number before and after an axis, so many times. */
export function padAxis(call: Call, x: Item, axis: number, sides: readonly [number, number], value: number): Item {
  if (sides[0] + sides[1] === 0) return x;
  if (!isConstant(x)) {
    return alongAxis(call, x, axis, (rows, at) =>
      rows.through(
        padLayer(
          rows.shape.map((_, k) => (k === at ? sides : 0)),
          { value },
        ),
      ),
    );
  }
  const dims = x.dims.with(axis, x.dims[axis] + sides[0] + sides[1]);
  const strides = stridesOf(dims);
  return tensorOf(x.type, dims, (numbers) => {
    numbers.fill(value);
    eachPlace(x.dims, [strides], (from, at) => (numbers[at] = x.numbers[from]), [sides[0] * strides[axis]]);
  });
}

/** Blocks of pixels become channels, or the other way: a reshape, an order of axes and a reshape. */
const depthToSpace = composedOperator((call, [first]) => {
  const x = first as Item;
  const [N, C, H, W] = extentsOf(x);
  const b = call.int('blocksize', 1);
  const isDcr = call.text('mode', 'DCR') === 'DCR';
  const depth = C / (b * b);
  const parts = inShape(call, x, isDcr ? [N, b, b, depth, H, W] : [N, depth, b, b, H, W]);
  const [movedParts] = call.apply('Transpose', [parts], { perm: isDcr ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3] });
  return [inShape(call, movedParts, [N, depth, H * b, W * b])];
});

const spaceToDepth = composedOperator((call, [first]) => {
  const x = first as Item;
  const [N, C, H, W] = extentsOf(x);
  const b = call.int('blocksize', 1);
  const parts = inShape(call, x, [N, C, H / b, b, W / b, b]);
  const [movedParts] = call.apply('Transpose', [parts], { perm: [0, 3, 5, 1, 2, 4] });
  return [inShape(call, movedParts, [N, C * b * b, H / b, W / b])];
});

/** The middle of axes, or zeros around, so that they have given extents. */
const centerCropPad = composedOperator((call, [first, shape]) => {
  const x = first as Item;
  const shapeExtents = constantNumbers(call, shape, 'a shape');
  const rank = extentsOf(x).length;
  const axes = call.ints(
    'axes',
    Array.from({ length: rank }, (_, axis) => axis),
  );
  return [
    axes.reduce((y, chosen, k) => {
      const axis = axisOf(call, chosen, rank);
      const n = extentsOf(y)[axis];
      const missing = shapeExtents[k] - n;
      if (missing >= 0) {
        const before = Math.floor(missing / 2);
        return padAxis(call, y, axis, [before, missing - before], 0);
      }
      const from = Math.floor(-missing / 2);
      const indices = Array.from({ length: shapeExtents[k] }, (_, index) => from + index);
      return isConstant(y) ? takeOf(y, axis, indices) : takeRows(call, y, axis, indices);
    }, x),
  ];
});

export const padOperators = {
  CenterCropPad: centerCropPad,
  DepthToSpace: depthToSpace,
  Pad: pad,
  SpaceToDepth: spaceToDepth,
} satisfies Record<string, Operator>;
