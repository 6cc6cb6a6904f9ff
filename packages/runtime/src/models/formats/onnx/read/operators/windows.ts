import { type LayerSpec, pad, parameter, reshape, take, type Value } from '@gradloom/core';
import { sizeOf } from '@gradloom/core/internal';
import { LARGEST, mixedRows } from '../align.ts';
import { type Call, extentsOf, type Item } from '../call.ts';
import { arrangeAxes, newAxes, ROWS, type Rows, reshapeValue } from '../rows.ts';
import { stridesOf, type Tensor, tensorOf } from '../tensor.ts';
import { linearAlong, powerOf, type Terms } from './linear.ts';
import { alongAxis } from './moves.ts';
import type { Operator } from './operator.ts';

/** The windows of an operator along one axis. */
export interface Window {
  readonly inputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
  readonly outputs: number;
}

/** The windows along the axes of an image with these positions. */
export function windowsOf(call: Call, positions: readonly number[], kernel: readonly number[]): Window[] {
  const listOf = (name: string, value: number): readonly number[] =>
    call.ints(
      name,
      positions.map(() => value),
    );
  const [strides, dilations] = [listOf('strides', 1), listOf('dilations', 1)];
  const pads = call.ints(
    'pads',
    [...positions, ...positions].map(() => 0),
  );
  const auto = call.text('auto_pad', 'NOTSET');
  const isCeil = call.int('ceil_mode', 0) !== 0;
  return positions.map((inputs, a) => {
    const [stride, dilation] = [strides[a], dilations[a]];
    const span = dilation * (kernel[a] - 1) + 1;
    let [before, after] = auto === 'NOTSET' ? [pads[a], pads[a + positions.length]] : [0, 0];
    if (auto.startsWith('SAME')) {
      const total = Math.max(0, (Math.ceil(inputs / stride) - 1) * stride + span - inputs);
      before = auto === 'SAME_UPPER' ? Math.floor(total / 2) : Math.ceil(total / 2);
      after = total - before;
    }
    const steps = (inputs + before + after - span) / stride;
    let outputs = Math.floor(steps) + 1;
    // The last window begins within the input or the padding before it.
    if (isCeil && !Number.isInteger(steps) && outputs * stride < inputs + before) outputs++;
    if (outputs < 1) throw call.fault(`windows of ${span} of ${inputs} positions`, 'at least one that fits');
    return { inputs, kernel: kernel[a], stride, dilation, before, after, outputs };
  });
}

/** Calls `visit` for each number of each window: the output, the place in the window, and the input or -1. */
export function eachInput(
  windows: readonly Window[],
  visit: (output: number, tap: number, input: number) => void,
): void {
  const outputs = windows.map((window) => window.outputs);
  const kernel = windows.map((window) => window.kernel);
  const strides = stridesOf(windows.map(({ inputs }) => inputs));
  const indexOf = (flat: number, dims: readonly number[], axis: number, steps: readonly number[]): number =>
    Math.floor(flat / steps[axis]) % dims[axis];
  const [outputSteps, kernelSteps] = [stridesOf(outputs), stridesOf(kernel)];
  for (let output = 0; output < sizeOf(outputs); output++) {
    for (let tap = 0; tap < sizeOf(kernel); tap++) {
      let input = 0;
      for (const [a, { stride, dilation, before, inputs }] of windows.entries()) {
        const at =
          indexOf(output, outputs, a, outputSteps) * stride + indexOf(tap, kernel, a, kernelSteps) * dilation - before;
        if (at < 0 || at >= inputs) input = Number.NaN;
        input += at * strides[a];
      }
      visit(output, tap, Number.isNaN(input) ? -1 : input);
    }
  }
}

/** The image [..., channels] of x [N, C, ...], or [1, C, ...] without rows. `toRows` gives an image the axes of x. */
export function imageOf(call: Call, x: Rows): { readonly value: Value; readonly toRows: (value: Value) => Rows } {
  const [rows, channels, ...positions] = x.axes;
  if (!(rows.length === 0 || (rows.length === 1 && rows[0] === ROWS))) {
    throw mixedRows(
      call,
      'several images in a row of the network',
      'the rows of a batch, or one image, in the first axis',
    );
  }
  return {
    value: arrangeAxes(x, [...positions, channels]),
    toRows(value) {
      const made = newAxes(value.shape);
      const [outputs, places] = [made[made.length - 1], made.slice(0, -1)];
      return { type: x.type, axes: [rows, outputs, ...places], stored: made.flat(), value };
    },
  };
}

/** Pads an image if its layer cannot: `canPad` says whether the layer can pad the windows of an axis by `before`. */
export function withPadding(
  value: Value,
  windows: readonly Window[],
  filler: number,
  canPad: (window: Window) => boolean,
): { readonly value: Value; readonly padding: number[] } {
  const neededAfter = windows.map(({ inputs, kernel, dilation, stride, outputs, before }) =>
    Math.max(0, (outputs - 1) * stride + dilation * (kernel - 1) + 1 - inputs - before),
  );
  if (windows.every((window) => canPad(window) && outputsOf(window, 2 * window.before) === window.outputs)) {
    return { value, padding: windows.map(({ before }) => before) };
  }
  const sides = windows.map(({ before }, a) => [before, neededAfter[a]] as const);
  const isNeeded = sides.some(([before, after]) => before + after > 0);
  const layer = pad([...sides, 0], filler === 0 ? {} : { value: filler });
  return { value: isNeeded ? value.through(layer) : value, padding: windows.map(() => 0) };
}

const outputsOf = ({ inputs, kernel, dilation, stride }: Window, padding: number): number =>
  Math.floor((inputs + padding - dilation * (kernel - 1) - 1) / stride) + 1;

const kernelOf = (call: Call): readonly number[] => call.ints('kernel_shape');

/** Whether the layers of pools have such windows: along one or two axes, without dilation. */
const fitsPoolLayer = (windows: readonly Window[]): boolean =>
  windows.length <= 2 && windows.every(({ dilation }) => dilation === 1);

/** The places of the input in each window along an axis. */
const placesOf = ({ inputs, outputs, kernel, stride, dilation, before }: Window): number[][] =>
  Array.from({ length: outputs }, (_, o) => {
    const places = Array.from({ length: kernel }, (_, k) => o * stride + k * dilation - before);
    return places.filter((input) => input >= 0 && input < inputs);
  });

/** The largest number of each window along an axis. Windows with padding read a number twice. */
function maximaAlong(call: Call, x: Rows, axis: number, window: Window): Rows {
  const { outputs, kernel } = window;
  const indices = placesOf(window).flatMap((places) =>
    Array.from({ length: kernel }, (_, k) => places[Math.min(k, places.length - 1)]),
  );
  return alongAxis(call, x, axis, (value, at) => {
    const [before, after] = [value.shape.slice(0, at), value.shape.slice(at + 1)];
    const windows = value.through(take(indices, { axis: at }), reshape([...before, outputs, kernel, ...after]));
    return reshapeValue(windows.max({ axis: at + 1 }), [...before, outputs, ...after]);
  });
}

/** The sum of the numbers of each window, along one axis after the other. */
const windowSums = (call: Call, x: Item, windows: readonly Window[]): Item =>
  windows.reduce((y, window, a) => linearAlong(call, y, a + 2, placesOf(window).map(termsOfOnes)), x);

const termsOfOnes = (places: readonly number[]): Terms => places.map((input) => [input, 1]);

/** (Σ |x|ᵖ)^(1/p) of the numbers of each window. */
const lpPool: Operator = {
  evaluate(call, [x]) {
    const p = call.int('p', 2);
    const norm = (numbers: readonly number[]) => numbers.reduce((sum, v) => sum + Math.abs(v) ** p, 0) ** (1 / p);
    return [poolWindows(call, x as Tensor, norm)];
  },
  layers(call, [x]) {
    const p = call.int('p', 2);
    const windows = windowsOf(call, extentsOf(x as Item).slice(2), kernelOf(call));
    const powers = powerOf(call.apply('Abs', [x])[0], p);
    return [powerOf(windowSums(call, powers, windows), 1 / p)];
  },
};

const maxPool: Operator = {
  evaluate(call, [first]) {
    const x = first as Tensor;
    if (call.outputs > 1) throw call.fault('indices as second output', 'the maxima alone');
    return [poolWindows(call, x, (numbers) => numbers.reduce((a, b) => (b > a || Number.isNaN(b) ? b : a), -Infinity))];
  },
  layers(call, [first]) {
    const x = first as Rows;
    if (call.outputs > 1) throw call.fault('indices as second output', 'the maxima alone');
    const [, , ...positions] = extentsOf(x);
    const windows = windowsOf(call, positions, kernelOf(call));
    if (!fitsPoolLayer(windows)) return [windows.reduce((y, window, a) => maximaAlong(call, y, a + 2, window), x)];
    const { value, toRows } = imageOf(call, x);
    const canPad = ({ before, after, kernel }: Window) => before === after && 2 * before <= kernel;
    const paddedValue = withPadding(value, windows, -LARGEST /* below all numbers */, canPad);
    return [toRows(paddedValue.value.through({ kind: 'max-pool', ...poolOptions(windows, paddedValue.padding) }))];
  },
};

const poolOptions = (windows: readonly Window[], padding: number[]) => ({
  size: windows.map(({ kernel }) => kernel),
  stride: windows.map(({ stride }) => stride),
  padding,
});

/** Numbers of each window that count in its mean. */
function countsOf(call: Call, windows: readonly Window[]): number[] {
  const counts = new Array<number>(sizeOf(windows.map(({ outputs }) => outputs))).fill(0);
  const isAll = call.int('count_include_pad', 0) !== 0;
  // Padding that the graph asks for counts, not what lies behind it.
  const paddedWindows = windows.map((window) => ({
    ...window,
    inputs: window.inputs + window.before + window.after,
    before: 0,
  }));
  eachInput(isAll ? paddedWindows : windows, (output, _place, input) => {
    if (input >= 0) counts[output]++;
  });
  return counts;
}

const averagePool: Operator = {
  evaluate(call, [first]) {
    const x = first as Tensor;
    const counts = countsOf(call, windowsOf(call, x.dims.slice(2), kernelOf(call)));
    return [poolWindows(call, x, (numbers, output) => numbers.reduce((a, b) => a + b, 0) / counts[output])];
  },
  layers(call, [first]) {
    const x = first as Rows;
    const [, , ...positions] = extentsOf(x);
    const windows = windowsOf(call, positions, kernelOf(call));
    if (!fitsPoolLayer(windows)) {
      const factors = Float64Array.from(countsOf(call, windows), (count) => 1 / count);
      const dims = [1, 1, ...windows.map(({ outputs }) => outputs)];
      return call.apply('Mul', [windowSums(call, x, windows), { type: x.type, dims, numbers: factors }]);
    }
    const { value, toRows } = imageOf(call, x);
    const canPad = ({ before, after, kernel }: Window) => before === after && 2 * before <= kernel;
    const paddedValue = withPadding(value, windows, 0, canPad);
    const mean = paddedValue.value.through({ kind: 'avg-pool', ...poolOptions(windows, paddedValue.padding) });
    const size = sizeOf(windows.map(({ kernel }) => kernel));
    const factors = countsOf(call, windows).map((count) => size / count);
    if (factors.every((factor) => factor === 1)) return [toRows(mean)];
    const shape = [...mean.shape.slice(0, -1), 1];
    const W = call.add(call.anyRows(), parameter(shape), { W: Float64Array.from(factors) }, [], false);
    return [toRows(mean.times(W))];
  },
};

/** What `reduce` makes of the numbers of each window, without padding. */
function poolWindows(call: Call, x: Tensor, reduce: (numbers: readonly number[], output: number) => number): Tensor {
  const [N, C, ...positions] = x.dims;
  const windows = windowsOf(call, positions, kernelOf(call));
  const [inputs, outputs] = [sizeOf(positions), sizeOf(windows.map((window) => window.outputs))];
  return tensorOf(x.type, [N, C, ...windows.map((window) => window.outputs)], (y) => {
    for (let channel = 0; channel < N * C; channel++) {
      const numbers: number[][] = Array.from({ length: outputs }, () => []);
      eachInput(windows, (output, _place, input) => {
        if (input >= 0) numbers[output].push(x.numbers[channel * inputs + input]);
      });
      for (const [output, list] of numbers.entries()) y[channel * outputs + output] = reduce(list, output);
    }
  });
}

/** A reduction of all positions of each channel, which stay as axes of length 1. */
const overPositions = (
  reduce: (numbers: readonly number[]) => number,
  layer: (axis: number[]) => LayerSpec,
): Operator => ({
  evaluate(_call, [first]) {
    const x = first as Tensor;
    const [N, C, ...positions] = x.dims;
    const inputs = sizeOf(positions);
    return [
      tensorOf(x.type, [N, C, ...positions.map(() => 1)], (y) => {
        for (let n = 0; n < y.length; n++) y[n] = reduce([...x.numbers.slice(n * inputs, (n + 1) * inputs)]);
      }),
    ];
  },
  layers(call, [first]) {
    const { value, toRows } = imageOf(call, first as Rows);
    const axis = value.shape.slice(0, -1).map((_, k) => k);
    return [toRows(axis.length === 0 ? value : value.through(layer(axis)))];
  },
});

export const windowOperators = {
  AveragePool: averagePool,
  GlobalAveragePool: overPositions(
    (numbers) => numbers.reduce((a, b) => a + b, 0) / numbers.length,
    (axis) => ({ kind: 'mean', axis, keepdims: true }),
  ),
  GlobalMaxPool: overPositions(
    (numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity),
    (axis) => ({ kind: 'max', axis, keepdims: true }),
  ),
  LpPool: lpPool,
  MaxPool: maxPool,
} satisfies Record<string, Operator>;
