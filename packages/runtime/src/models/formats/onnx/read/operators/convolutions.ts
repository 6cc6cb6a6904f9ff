import { type LayerSpec, pad, reshape, take, transpose, type Value } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import { type Call, extentsOf, type Item, isConstant } from '../call.ts';
import type { Rows } from '../rows.ts';
import { integers, type Tensor, tensorOf } from '../tensor.ts';
import { inShape } from './elements.ts';
import { transposedTensor } from './moves.ts';
import type { Operator } from './operator.ts';
import { padAxis } from './pad.ts';
import { eachInput, imageOf, type Window, windowsOf, withPadding } from './windows.ts';

/** A layer of an image with weights W in the order of core, and b if there is a bias. */
function withWeights(call: Call, image: Value, spec: LayerSpec, W: Tensor, b: Tensor | undefined): Value {
  const isTrained = W.weight !== undefined;
  if (b === undefined)
    return call.add(image, { ...spec, bias: false } as LayerSpec, { W: W.numbers }, [W.weight], isTrained);
  return call.add(image, spec, { W: W.numbers, b: b.numbers }, [W.weight, b.weight], isTrained);
}

const convolution: Operator = {
  evaluate(call, [first, second, bias]) {
    const [x, w] = [first as Tensor, second as Tensor];
    const [N, C, ...positions] = x.dims;
    const [O, groupInputs] = w.dims;
    const windows = windowsOf(call, positions, w.dims.slice(2));
    const [outputs, kernel] = [sizeOf(windows.map((window) => window.outputs)), sizeOf(w.dims.slice(2))];
    const inputs = sizeOf(positions);
    const perGroup = O / call.int('group', 1);
    return [
      tensorOf(x.type, [N, O, ...windows.map((window) => window.outputs)], (y) => {
        const sums = new Float64Array(y.length);
        for (let k = 0; k < y.length; k++) sums[k] = bias?.numbers[Math.floor(k / outputs) % O] ?? 0;
        eachInput(windows, (output, tap, input) => {
          if (input < 0) return;
          for (let n = 0; n < N; n++) {
            for (let o = 0; o < O; o++) {
              let sum = 0;
              const from = n * C + Math.floor(o / perGroup) * groupInputs;
              for (let c = 0; c < groupInputs; c++) {
                sum += x.numbers[(from + c) * inputs + input] * w.numbers[(o * groupInputs + c) * kernel + tap];
              }
              sums[(n * O + o) * outputs + output] += sum;
            }
          }
        });
        y.set(sums);
      }),
    ];
  },
  layers(call, [first, second, bias]) {
    const [x, w] = [first as Rows, second as Item];
    if (!isConstant(w) || (bias !== undefined && !isConstant(bias))) {
      throw call.fault('weights that depend on its inputs', 'constants');
    }
    const [, , ...positions] = extentsOf(x);
    if (positions.length > 3) throw call.fault(`${positions.length} axes of positions`, '1 to 3');
    const [O, , ...kernel] = w.dims;
    const windows = windowsOf(call, positions, kernel);
    const { value, toRows } = imageOf(call, x);
    const groups = call.int('group', 1);
    const add = (image: Value, spec: LayerSpec, order: readonly number[]): Value =>
      withWeights(call, image, spec, transposedTensor(w, order), bias);
    if (positions.length === 3) return [toRows(convolvedVolume(value, windows, O, groups, add))];
    const canPad = ({ before, after }: Window) => before === after;
    const paddedValue = withPadding(value, windows, 0, canPad);
    const spec: LayerSpec = {
      kind: positions.length === 1 ? 'conv1d' : 'conv2d',
      out: O,
      kernel,
      stride: windows.map(({ stride }) => stride),
      padding: paddedValue.padding,
      dilation: windows.map(({ dilation }) => dilation),
      groups,
    };
    return [toRows(add(paddedValue.value, spec, [...kernel.map((_, a) => a + 2), 1, 0]))];
  },
};

/**
 * A convolution of a volume [D, H, W, C] as one of an image: for each output along D, the places that its window reads
 * become channels; these images stand below each other. Rows of windows that would reach into the next image are left
 * out.
 */
function convolvedVolume(
  volume: Value,
  [depth, height, width]: readonly Window[],
  O: number,
  groups: number,
  add: (image: Value, spec: LayerSpec, order: readonly number[]) => Value,
): Value {
  const span = ({ outputs, stride, kernel, dilation }: Window): number =>
    (outputs - 1) * stride + dilation * (kernel - 1) + 1;
  const after = (window: Window): number => Math.max(0, span(window) - window.inputs - window.before);
  // The images have a number of rows that the stride divides.
  const rest = (height.inputs + height.before + after(height)) % height.stride;
  const below = after(height) + (rest === 0 ? 0 : height.stride - rest);
  const sides = [[depth.before, after(depth)], [height.before, below], [width.before, after(width)], 0] as const;
  const paddedVolume = volume.through(pad([...sides]));
  const [, H, W, C] = paddedVolume.shape;
  const slices = Array.from({ length: depth.outputs * depth.kernel }, (_, k) => {
    return Math.floor(k / depth.kernel) * depth.stride + (k % depth.kernel) * depth.dilation;
  });
  const channels = C / groups;
  const images = paddedVolume.through(
    take(slices, { axis: 0 }),
    reshape([depth.outputs, depth.kernel, H, W, groups, channels]),
    transpose({ axes: [0, 2, 3, 4, 1, 5] }),
    reshape([depth.outputs * H, W, groups * depth.kernel * channels]),
  );
  const y = add(
    images,
    {
      kind: 'conv2d',
      out: O,
      kernel: [height.kernel, width.kernel],
      stride: [height.stride, width.stride],
      dilation: [height.dilation, width.dilation],
      groups,
    },
    [3, 4, 2, 1, 0], // O, C, D, H, W of the weights to H, W, D, C, O
  );
  const rows = Array.from({ length: depth.outputs * height.outputs }, (_, k) => {
    return Math.floor(k / height.outputs) * (H / height.stride) + (k % height.outputs);
  });
  return y.through(take(rows, { axis: 0 }), reshape([depth.outputs, height.outputs, width.outputs, O]));
}

/** The windows of a transposed convolution, which are those of a convolution from its output to its input. */
interface TransposedWindow extends Window {
  /** Outputs beyond the last window, or, below 0, outputs of it that are cut off; as if there were no padding after. */
  readonly extra: number;
}

function transposedWindows(call: Call, positions: readonly number[], kernel: readonly number[]): TransposedWindow[] {
  const ints = (name: string, value: number): readonly number[] =>
    call.ints(
      name,
      positions.map(() => value),
    );
  const [strides, dilations, outputPadding] = [ints('strides', 1), ints('dilations', 1), ints('output_padding', 0)];
  const pads = call.ints(
    'pads',
    [...positions, ...positions].map(() => 0),
  );
  const auto = call.text('auto_pad', 'NOTSET');
  return positions.map((outputs, a) => {
    const [stride, dilation] = [strides[a], dilations[a]];
    const wholeOutputs = (outputs - 1) * stride + dilation * (kernel[a] - 1) + 1 + outputPadding[a];
    let [before, after] = auto === 'NOTSET' ? [pads[a], pads[a + positions.length]] : [0, 0];
    if (call.has('output_shape') || auto.startsWith('SAME')) {
      const total =
        wholeOutputs -
        (call.has('output_shape') ? (call.ints('output_shape').at(a - positions.length) ?? 0) : outputs * stride);
      before = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      after = total - before;
    }
    const inputs = wholeOutputs - before - after;
    if (!(inputs >= 1)) throw call.fault(`padding that leaves ${inputs} outputs`, 'at least 1');
    const extraOutputs = outputPadding[a] - after + before;
    return { inputs, outputs, kernel: kernel[a], stride, dilation, before, after, extra: extraOutputs };
  });
}

const transposedConvolution: Operator = {
  evaluate(call, [first, second, bias]) {
    const [x, w] = [first as Tensor, second as Tensor];
    const [N, C, ...positions] = x.dims;
    const [, perGroup, ...kernel] = w.dims;
    const windows = transposedWindows(call, positions, kernel);
    const dims = windows.map(({ inputs }) => inputs);
    const [inputs, outputs, size] = [sizeOf(positions), sizeOf(dims), sizeOf(kernel)];
    const [groups, O] = [call.int('group', 1), perGroup * call.int('group', 1)];
    return [
      tensorOf(x.type, [N, O, ...dims], (y) => {
        const sums = new Float64Array(y.length);
        for (let k = 0; k < y.length; k++) sums[k] = bias?.numbers[Math.floor(k / outputs) % O] ?? 0;
        eachInput(windows, (from, tap, to) => {
          if (to < 0) return;
          for (let k = 0; k < N * C * perGroup; k++) {
            const [channel, o] = [Math.floor(k / perGroup), k % perGroup];
            const [n, c] = [Math.floor(channel / C), channel % C];
            const out = n * O + Math.floor((c * groups) / C) * perGroup + o;
            sums[out * outputs + to] += x.numbers[channel * inputs + from] * w.numbers[(c * perGroup + o) * size + tap];
          }
        });
        y.set(sums);
      }),
    ];
  },
  layers(call, [first, second, bias]) {
    const [x, w] = [first as Rows, second as Item];
    if (!isConstant(w) || (bias !== undefined && !isConstant(bias))) {
      throw call.fault('weights that depend on its inputs', 'constants');
    }
    const [, , ...positions] = extentsOf(x);
    const [, O, ...kernel] = w.dims;
    const windows = transposedWindows(call, positions, kernel);
    const groups = call.int('group', 1);
    const fitsLayer = windows.every(
      (of) => of.dilation === 1 && of.before >= 0 && of.extra >= 0 && of.extra < of.stride,
    );
    if (groups > 1 || positions.length > 2 || !fitsLayer)
      return [convolveSpreadInputs(call, x, w, bias, windows, groups)];
    const { value, toRows } = imageOf(call, x);
    const isRow = positions.length === 1;
    const image = isRow ? value.through(reshape([...positions, 1, value.shape[1]])) : value;
    const along = (option: (of: TransposedWindow) => number, rowValue: number): number[] =>
      isRow ? [option(windows[0]), rowValue] : windows.map(option);
    const spec: LayerSpec = {
      kind: 'conv2d-transpose',
      out: O,
      kernel: along((of) => of.kernel, 1),
      stride: along((of) => of.stride, 1),
      padding: along(({ before }) => before, 0),
      outputPadding: along(({ extra }) => extra, 0),
    };
    const movedWeights = transposedTensor(w, [...kernel.map((_, a) => a + 2), 1, 0]);
    const y = withWeights(call, image, spec, movedWeights, bias);
    return [toRows(isRow ? y.through(reshape([y.shape[0], O])) : y)];
  },
};

/** A transposed convolution as one of the inputs with zeros between them, by the turned windows. */
function convolveSpreadInputs(
  call: Call,
  x: Rows,
  w: Tensor,
  bias: Tensor | undefined,
  windows: readonly TransposedWindow[],
  groups: number,
): Item {
  let y: Item = x;
  const pads: number[][] = [[], []];
  for (const [a, { outputs: n, inputs, stride, kernel, dilation, before }] of windows.entries()) {
    const dims = extentsOf(y);
    const apart = padAxis(call, inShape(call, y, dims.toSpliced(a + 3, 0, 1)), a + 3, [0, stride - 1], 0);
    y = inShape(call, apart, dims.with(a + 2, n * stride));
    const reach = dilation * (kernel - 1);
    pads[0].push(reach - before);
    pads[1].push(inputs + before - n * stride);
  }
  const sides = pads.flatMap((side) => [0, 0, ...side]); // an attribute before opset 11
  const [paddedOutput] = call.apply('Pad', [y, integers(sides)], { pads: sides });
  const flippedWeights = turnedWeights(w, groups);
  return call.apply('Conv', [paddedOutput, flippedWeights, bias], {
    group: groups,
    dilations: windows.map(({ dilation }) => dilation),
  })[0];
}

/** Weights [C, O / groups, ...] of a transposed convolution as [O, C / groups, ...], windows back to front. */
function turnedWeights(w: Tensor, groups: number): Tensor {
  const [C, O, ...kernel] = w.dims;
  const size = sizeOf(kernel);
  const numbers = w.numbers.map((_, k) => w.numbers[k - (k % size) + size - 1 - (k % size)]);
  const inGroups = { ...w, dims: [groups, C / groups, O, size], numbers };
  return { ...transposedTensor(inGroups, [0, 2, 1, 3]), dims: [groups * O, C / groups, ...kernel] };
}

export const convolutionOperators = { Conv: convolution, ConvTranspose: transposedConvolution } satisfies Record<
  string,
  Operator
>;
