import { type Call, extentsOf, type Item } from '../call.ts';
import type { Tensor } from '../tensor.ts';
import { composedOperator } from './elements.ts';
import { linearAlong, type Terms } from './linear.ts';
import { axisOf, constantNumbers } from './moves.ts';
import type { Operator } from './operator.ts';

/** An axis that is resized. `scale` may differ from outputs / inputs, of which it was rounded. */
interface ResizedAxis {
  readonly inputs: number;
  readonly outputs: number;
  readonly scale: number;
  /** The part of the input that is resized, as shares of its extent. */
  readonly region: readonly [start: number, end: number];
}

/** Where output o lies among the inputs, by `coordinate_transformation_mode`. */
const coordinates: Readonly<Record<string, (o: number, axis: ResizedAxis) => number>> = {
  half_pixel: (o, { scale }) => (o + 0.5) / scale - 0.5,
  half_pixel_symmetric: (o, { inputs, outputs, scale }) =>
    (inputs / 2) * (1 - outputs / (inputs * scale)) + (o + 0.5) / scale - 0.5,
  pytorch_half_pixel: (o, { outputs, scale }) => (outputs > 1 ? (o + 0.5) / scale - 0.5 : 0),
  // The extent that a scale gives is not rounded here.
  align_corners: (o, { inputs, outputs, scale }) => (outputs > 1 ? (o * (inputs - 1)) / (inputs * scale - 1) : 0),
  asymmetric: (o, { scale }) => o / scale,
  tf_crop_and_resize: (o, { inputs, outputs, region: [start, end] }) =>
    outputs > 1
      ? start * (inputs - 1) + (o * (end - start) * (inputs - 1)) / (outputs - 1)
      : 0.5 * (start + end) * (inputs - 1),
};

/** The input that is nearest to a place, by `nearest_mode`. */
const roundingModes: Readonly<Record<string, (position: number) => number>> = {
  round_prefer_floor: (position) => Math.ceil(position - 0.5),
  round_prefer_ceil: (position) => Math.floor(position + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** The factor of an input at a distance, for mode 'cubic'. [Keys 1981](https://doi.org/10.1109/TASSP.1981.1163711) */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** What output o reads along an axis. */
function termsOf(call: Call, mode: string, axis: ResizedAxis, o: number): Terms {
  const transformation = call.text('coordinate_transformation_mode', 'half_pixel');
  if (!Object.hasOwn(coordinates, transformation))
    throw call.fault(transformation, Object.keys(coordinates).join(', '));
  const { inputs, scale } = axis;
  const position = coordinates[transformation](o, axis);
  const clampIndex = (index: number): number => Math.min(Math.max(index, 0), inputs - 1);
  if (transformation === 'tf_crop_and_resize' && (position < 0 || position > inputs - 1)) return [];
  if (mode === 'nearest') {
    const roundingMode = call.text('nearest_mode', 'round_prefer_floor');
    if (!Object.hasOwn(roundingModes, roundingMode))
      throw call.fault(roundingMode, Object.keys(roundingModes).join(', '));
    return [[clampIndex(roundingModes[roundingMode](position)), 1]];
  }
  // Where a smaller image is not to alias, more inputs count.
  const stretch = call.int('antialias', 0) !== 0 ? Math.min(scale, 1) : 1;
  const a = call.float('cubic_coeff_a', -0.75);
  const factorAt = (distance: number): number =>
    mode === 'cubic' ? cubic(distance, a) : Math.max(0, 1 - Math.abs(distance));
  const reach = Math.ceil((mode === 'cubic' ? 2 : 1) / stretch);
  const first = Math.floor(position) - reach + 1;
  const excludesOutside = call.int('exclude_outside', 0) !== 0;
  const terms = Array.from({ length: 2 * reach }, (_, k): [number, number] => {
    const index = first + k;
    const factor = factorAt((index - position) * stretch);
    return [clampIndex(index), excludesOutside && index !== clampIndex(index) ? 0 : factor];
  }).filter(([, factor]) => factor !== 0);
  const sum = terms.reduce((total, [, factor]) => total + factor, 0);
  return stretch < 1 || excludesOutside ? terms.map(([index, factor]) => [index, factor / sum]) : terms;
}

/** The axes of an item that are resized: of scales or sizes, for all axes or those of `axes`. */
function resizedAxes(call: Call, [x, ...inputs]: readonly (Item | undefined)[]): Map<number, ResizedAxis> {
  const dims = extentsOf(x as Item);
  const numbers = (item: Item | undefined, description: string): readonly number[] =>
    item === undefined ? [] : constantNumbers(call, item, description);
  const [regionInput, scalesInput, sizesInput] = call.opset < 11 ? [undefined, inputs[0], undefined] : inputs;
  const [region, scales, sizes] = [
    numbers(regionInput, 'a region'),
    call.has('scales') ? call.floats('scales') : numbers(scalesInput, 'scales'),
    numbers(sizesInput, 'sizes'),
  ];
  const axes = call.ints('axes', [...dims.keys()]).map((axis) => axisOf(call, axis, dims.length));
  if (scales.length + sizes.length === 0) throw call.fault('no scales and no sizes', 'one of them');
  const ratios = axes.map((axis, k) => (scales.length > 0 ? scales[k] : sizes[k] / dims[axis]));
  const policy = call.text('keep_aspect_ratio_policy', 'stretch');
  const commonScale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  const isKept = policy !== 'stretch' && scales.length === 0;
  return new Map(
    axes.map((axis, k): [number, ResizedAxis] => {
      const inputs = dims[axis];
      const scale = isKept ? commonScale : ratios[k];
      const outputs =
        scales.length > 0 ? Math.floor(inputs * scale) : isKept ? Math.floor(inputs * scale + 0.5) : sizes[k];
      return [axis, { inputs, outputs, scale, region: [region[k] ?? 0, region[k + axes.length] ?? 1] }];
    }),
  );
}

/** Each axis by itself: the nearest inputs, or means of those around. */
const resize = composedOperator((call, xs) => {
  const mode = call.text('mode', 'nearest');
  if (!['nearest', 'linear', 'cubic', 'bilinear'].includes(mode))
    throw call.fault(`mode ${mode}`, 'nearest, linear or cubic');
  let y = xs[0] as Item;
  const { type } = y;
  for (const [axis, resizedAxis] of resizedAxes(call, xs)) {
    const [start, end] = resizedAxis.region;
    const isCropped = call.text('coordinate_transformation_mode', '') === 'tf_crop_and_resize' && end - start !== 1;
    if (resizedAxis.outputs === resizedAxis.inputs && resizedAxis.scale === 1 && !isCropped) continue;
    const outputs = Array.from({ length: resizedAxis.outputs }, (_, o) => termsOf(call, mode, resizedAxis, o));
    y = linearAlong(call, y, axis, outputs);
    if (outputs.every((terms) => terms.length > 0)) continue;
    // Outside of the input.
    const value = call.float('extrapolation_value', 0);
    const dims = extentsOf(y).map((_, k) => (k === axis ? resizedAxis.outputs : 1));
    const outsideValues: Tensor = {
      type,
      dims,
      numbers: Float64Array.from(outputs, (terms) => (terms.length > 0 ? 0 : value)),
    };
    [y] = call.apply('Add', [y, outsideValues]);
  }
  return [y];
});

export const resizeOperators = { Resize: resize, Upsample: resize } satisfies Record<string, Operator>;
