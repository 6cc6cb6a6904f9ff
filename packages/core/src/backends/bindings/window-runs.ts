import { poolOutputs } from '../../program/reference/pooling.ts';

/** Pixels along an axis whose windows are alike: pixel k of `count` is at first + k · step, its window likewise. */
export interface Run {
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly window: number; // first place of the first window
  readonly windowStep: number;
  readonly places: number;
}

/** One axis of pixels and of the images of their windows. */
export interface Axis {
  readonly pixels: number;
  readonly positions: number;
  readonly runs: readonly Run[];
}

/** Outputs as pixels; their windows are of inputs. */
export function outputAxis(inputs: number, size: number, stride: number, padding: number): Axis {
  const pixels = poolOutputs(inputs, size, stride, padding);
  const runs = runsOf(pixels, 1, (o) => {
    const window = Math.max(0, o * stride - padding);
    return { window, places: Math.min(inputs, o * stride - padding + size) - window };
  });
  return { pixels, positions: inputs, runs };
}

/** Inputs as pixels; their windows are the outputs that read them. */
export function inputAxis(inputs: number, size: number, stride: number, padding: number): Axis {
  const outputs = poolOutputs(inputs, size, stride, padding);
  const runs = runsOf(inputs, stride, (i) => {
    const window = Math.max(0, Math.floor((i + padding - size) / stride) + 1);
    return { window, places: Math.min(outputs - 1, Math.floor((i + padding) / stride)) - window + 1 };
  });
  return { pixels: inputs, positions: outputs, runs };
}

/** Pixels of which each has a window of its own, `size` places long. */
export const ownAxis = (pixels: number, size: number): Axis => ({
  pixels,
  positions: pixels * size,
  runs: [{ first: 0, step: 1, count: pixels, window: 0, windowStep: size, places: size }],
});

/** Whether each position is in the window of a pixel, where windows do not overlap. */
export const coversAll = ({ positions, runs }: Axis): boolean =>
  runs.reduce((covered, { count, places }) => covered + count * places, 0) === positions;

/** Whether each pixel has a place in its window. */
export const reachesAll = ({ pixels, runs }: Axis): boolean =>
  runs.reduce((reached, { count }) => reached + count, 0) === pixels;

/** A run of one pixel for each of the run. */
export const singles = ({ first, step, count, window, windowStep, places }: Run): Run[] =>
  Array.from({ length: count }, (_, k) => ({
    ...{ first: first + k * step, step, count: 1, window: window + k * windowStep, windowStep, places },
  }));

/**
 * The runs of `pixels` pixels, where `windowOf` tells each pixel's window. Those `step` apart belong together. Pixels
 * without a place are in no run.
 */
function runsOf(pixels: number, step: number, windowOf: (pixel: number) => { window: number; places: number }): Run[] {
  const runs: Run[] = [];
  for (let residue = 0; residue < step; residue++) {
    let previous = -1; // pixel of the last run
    for (let pixel = residue; pixel < pixels; pixel += step) {
      const { window, places } = windowOf(pixel);
      if (places <= 0) continue;
      const last = runs[runs.length - 1];
      const windowStep = previous < 0 ? 0 : window - windowOf(previous).window;
      const isNext = previous >= 0 && previous + step === pixel && last.places === places;
      if (isNext && (last.count === 1 || last.windowStep === windowStep)) {
        runs[runs.length - 1] = { ...last, count: last.count + 1, windowStep };
      } else {
        runs.push({ first: pixel, step, count: 1, window, windowStep: 0, places });
      }
      previous = pixel;
    }
  }
  return runs;
}
