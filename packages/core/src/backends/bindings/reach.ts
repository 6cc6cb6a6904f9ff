import { type ConvolutionGeometry, inputAt, outputAt, type WindowAxis } from '../../math/windows.ts';

// Convolutions and pools along one axis, as kernels go through it: which positions are written, and what each one
// reads.

/** Whether each channel has one output of its own. */
export const isDepthwise = ({ C, O, groups }: ConvolutionGeometry): boolean =>
  groups > 1 && groups === C && groups === O;

/** An element of the window, and the input position that the first position of a phase reads there. */
export interface Tap {
  readonly k: number; // index of the element
  readonly at: number; // the position that is read; it may lie outside of the image
}

/** Positions that are written and read alike: first + j · writeStep reads at + j · readStep for each tap. */
export interface Phase {
  readonly first: number;
  readonly count: number;
  readonly taps: readonly Tap[]; // equally far apart, `at` ascending, which is the order of addition
}

/** All positions that are written along an axis, by phases, and the positions that each reads. */
export interface Reach {
  readonly phases: readonly Phase[];
  readonly writeStep: number; // distance of positions of a phase
  readonly readStep: number;
  readonly inputs: number; // positions that can be read
  readonly outputs: number; // positions that are written
}

const upTo = (n: number): number[] => Array.from({ length: n }, (_, k) => k);

/** Outputs read inputs, in one phase. */
export const forwardReach = (axis: WindowAxis): Reach => ({
  writeStep: 1,
  readStep: axis.stride,
  inputs: axis.inputs,
  outputs: axis.outputs,
  phases: [{ first: 0, count: axis.outputs, taps: upTo(axis.kernel).map((k) => ({ k, at: inputAt(axis, 0, k) })) }],
});

/** Gradients of inputs read gradients of outputs. The positions of a phase differ by multiples of the stride. */
export const backwardReach = (axis: WindowAxis): Reach => ({
  writeStep: axis.stride,
  readStep: 1,
  inputs: axis.outputs,
  outputs: axis.inputs,
  phases: upTo(Math.min(axis.stride, axis.inputs)).map((first) => ({
    first,
    count: Math.floor((axis.inputs - first + axis.stride - 1) / axis.stride),
    taps: upTo(axis.kernel)
      .reverse()
      .map((k) => ({ k, at: outputAt(axis, first, k) }))
      .filter(({ at }) => Number.isInteger(at)),
  })),
});

/** Consecutive positions of a phase whose taps from `low` up to `high` lie inside of the image, and no others. */
export interface Span {
  readonly from: number; // index of the first in the phase
  readonly count: number;
  readonly low: number;
  readonly high: number;
}

/** Cuts a phase wherever a tap enters or leaves the image. */
export function spansOf({ count, taps }: Phase, { readStep: step, inputs }: Reach): Span[] {
  const spans: Span[] = [];
  for (let j = 0; j < count; j++) {
    const isInside = taps.map(({ at }) => at + step * j >= 0 && at + step * j < inputs);
    const low = Math.max(0, isInside.indexOf(true));
    const high = isInside.lastIndexOf(true) + 1;
    const last = spans.at(-1);
    if (last?.low === low && last.high === high) spans[spans.length - 1] = { ...last, count: last.count + 1 };
    else spans.push({ from: j, count: 1, low, high });
  }
  return spans;
}

/** Distance of the positions that the taps of a phase read, 1 if it has fewer than two taps. */
export const spacing = ({ taps }: Phase): number => (taps.length > 1 ? taps[1].at - taps[0].at : 1);

/** How rows of an image lie in memory, with zeros around them if windows reach outside. Sizes count numbers. */
export interface RowLayout {
  readonly row: number; // distance of rows
  readonly left: number; // from the start of a row to its first pixel
  readonly isCopy: boolean; // false: the image itself
}

/** A layout for `reach` along a row of pixels of `channels` numbers. */
export function layoutOf(reach: Reach, channels: number, width: number): RowLayout {
  const { phases, readStep: step, inputs } = reach;
  let [low, high] = [0, inputs - 1];
  for (const { count, taps } of phases) {
    if (taps.length === 0) continue;
    low = Math.min(low, taps[0].at);
    high = Math.max(high, taps[taps.length - 1].at + step * (count - 1));
  }
  const rowNumbers = inputs * channels;
  if (low === 0 && high === inputs - 1) return { row: rowNumbers, left: 0, isCopy: false };
  // Rows are copied in whole vectors, with zeros after the row.
  const right = Math.max((high - inputs + 1) * channels, width - 1);
  const row = rowNumbers - low * channels + right;
  return { row: Math.floor((row + width - 1) / width) * width, left: -low * channels, isCopy: true };
}

/** Pixels along an axis whose windows are alike: pixel k of `count` is at first + k · step, its window likewise. */
export interface PixelRun {
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly window: number; // first position of the first window
  readonly windowStep: number;
  readonly windowLength: number; // of a window, at least one
}

/** One axis of pixels, and of the images that their windows are in. */
export interface PixelAxis {
  readonly pixels: number;
  readonly positions: number;
  readonly runs: readonly PixelRun[];
}

/** The positions that are written as pixels, each with a window of those that it reads; windows have no dilation. */
export const pixelAxis = (reach: Reach): PixelAxis => ({
  pixels: reach.outputs,
  positions: reach.inputs,
  runs: reach.phases.flatMap((phase) =>
    spansOf(phase, reach)
      .filter(({ low, high }) => low < high)
      .map(({ from, count, low, high }) => ({
        first: phase.first + reach.writeStep * from,
        step: reach.writeStep,
        count,
        window: phase.taps[low].at + reach.readStep * from,
        windowStep: reach.readStep,
        windowLength: high - low,
      })),
  ),
});
