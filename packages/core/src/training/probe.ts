import type { Activation } from '../families/activations/index.ts';
import type { Elements } from '../math/element-type.ts';
import type { Pausable } from '../math/pausable.ts';
import { mathOf } from '../math/real-math.ts';
import { viewOf } from '../math/scratch.ts';
import type { Inspect, Workspace } from '../network/backprop.ts';
import type { Network } from '../network/network.ts';
import { arraysOf } from '../network/passes.ts';
import { learningLayers } from '../network/plan-memory.ts';
import { channelsOf, sizeOf } from '../network/shape.ts';

/** An output is flat if its slope is below this share of the largest: it passes on almost no gradient. */
const FLAT = 0.01;

/** Number of sums per layer: Σ (∂loss/∂y)², number n of outputs, Σ y, Σ (y - ȳ)², over rows and units of a leaf. */
const SUMS = 4;

/** Statistics of one layer y = f(x) over all rows of a batch. A figure that does not apply is null. */
export interface LayerFigures {
  /** Position in the spec: '3', or '3.1' inside layer 3. */
  readonly path: string;
  /** Name in messages: dense(784->128). */
  readonly label: string;
  /** The name that the spec gives it. Absent: none. */
  readonly name?: string;
  /** RMS over rows and units of ∂loss/∂y, for the row's own loss; null where no layer learns up to there. */
  readonly rmsDy: number | null;
  /** Mean of the outputs over rows and units. */
  readonly mean: number;
  /** Standard deviation of the outputs over rows and units. */
  readonly std: number;
  /** Share of outputs where |f′| is below 1 % of its largest value: saturated, or off for relu. Activations only. */
  readonly flat: number | null;
  /** Share of units (channels of an image) that are flat at all positions of every row. Activations only. */
  readonly dead: number | null;
  /** The layer's tensors. */
  readonly tensors: readonly TensorFigures[];
}

/** Statistics of one tensor. */
export interface TensorFigures {
  /** Name, such as 'W' or 'b'. */
  readonly name: string;
  /** Number of elements. */
  readonly length: number;
  /** RMS of the tensor. */
  readonly rms: number;
  /** RMS of the batch's mean gradient, before clipping; 0 of a frozen tensor. */
  readonly rmsGradient: number;
  /** RMS of the change since training began. */
  readonly rmsMoved: number;
}

/** Numbers that a probe writes for a leaf: four per layer, then for each unit its number of flat outputs. */
export const probeLength = (network: Network): number =>
  network.allLayers.reduce((length, { layer }) => length + SUMS + channelsOf(layer.out), 0);

/** An `Inspect` that writes the statistics of a leaf into `sums` [probeLength]. */
export function createProbe(network: Network, workspace: Workspace, sums: Float64Array): Inspect {
  const units = unitOffsets(network);
  const indices = new Map(network.layers.map((layer, k) => [layer, k]));
  return (phase, layer, rows, n) => {
    const k = indices.get(layer) ?? 0;
    if (phase === 'gradient') sums[k * SUMS] = sumOfSquares(rows, n);
    if (phase !== 'forward') return;
    sumOutputs(sums, k * SUMS, rows, n);
    if (layer.activation === undefined) return;
    const [x] = arraysOf(network.allLayers[k].inputs, workspace);
    const { f, alpha } = layer.activation;
    countFlat(viewOf(sums, units[k], channelsOf(layer.out)), x, rows, n, f, alpha);
  };
}

/** Writes n, Σ y and Σ (y - ȳ)² into `sums`. */
function sumOutputs(sums: Float64Array, offset: number, y: Elements, n: number): void {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += y[i];
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += (y[i] - mean) * (y[i] - mean);
  sums[offset + 1] = n;
  sums[offset + 2] = sum;
  sums[offset + 3] = squares;
}

/**
 * Counts the outputs of each unit that are flat, over rows and positions. Overwrites `flatCounts`. An activation
 * reads z or a; the other array may hold anything.
 */
function countFlat(
  flatCounts: Float64Array, // [C] out
  z: Elements, // [B, R, C]
  a: Elements, // [B, R, C]
  n: number, // B · R · C
  f: Activation,
  alpha: number,
): void {
  const minSlope = FLAT * f.maxSlope;
  const math = mathOf('float64');
  flatCounts.fill(0);
  for (let i = 0, c = 0; i < n; i++) {
    const slope =
      f.reads === 'z' ? f.derivative(math, z[i], Number.NaN, alpha) : f.derivative(math, Number.NaN, a[i], alpha);
    if (Math.abs(slope) < minSlope) flatCounts[c]++;
    c = c + 1 === flatCounts.length ? 0 : c + 1;
  }
}

/** Data for the statistics of a batch. The gradient is that of the batch's step; all else is from before the step. */
export interface ProbeReading {
  readonly sums: Float64Array; // [leaves, probeLength]
  readonly rows: number; // of the batch
  readonly gradient: Elements; // [stateLength] mean over the batch · `gradientScale`
  readonly gradientScale: number; // factor from clipping; 1 without clipping
  readonly theta: Elements; // [P] weights that the gradient belongs to
  readonly start: Elements; // [P] weights when training began
}

/** Adds the leaves in order and computes statistics of the sums, which do not depend on the number of threads. */
export function* probeFigures(
  network: Network,
  { sums, rows, gradient, gradientScale, theta, start }: ProbeReading,
): Pausable<LayerFigures[]> {
  const length = probeLength(network);
  const total = new Float64Array(length);
  for (let leafOffset = 0; leafOffset < sums.length; leafOffset += length) {
    for (let k = 0; k < length; k++) total[k] += sums[leafOffset + k];
    yield;
  }
  const units = unitOffsets(network);
  const learns = learningLayers(network);
  const figures: LayerFigures[] = [];
  for (const [k, { path, layer, spec, tensors }] of network.allLayers.entries()) {
    const out = sizeOf(layer.out);
    const count = rows * out;
    const [squares, , sum, withinLeaves] = viewOf(total, k * SUMS, SUMS);
    const mean = sum / count;
    // Σ (y - ȳ)² over all leaves = the sum within each leaf + n · (distance of the leaf's mean from the overall mean)².
    let spread = withinLeaves;
    for (let leafOffset = k * SUMS; leafOffset < sums.length; leafOffset += length) {
      const [, n, leafSum] = viewOf(sums, leafOffset, SUMS);
      const distance = leafSum / n - mean;
      if (n > 0) spread += n * distance * distance;
    }
    const C = channelsOf(layer.out);
    const flatCounts = viewOf(total, units[k], C);
    const isActivation = layer.activation !== undefined;
    const tensorFigures: TensorFigures[] = [];
    for (const { name, offset, length: P, gradientOffset } of tensors) {
      const [values, startValues] = [theta, start].map((vector) => viewOf(vector, offset, P));
      const tensorGradient = viewOf(gradient, gradientOffset ?? 0, gradientOffset === null ? 0 : P);
      tensorFigures.push({
        name,
        length: P,
        rms: Math.sqrt((yield* addSquares(values, 1)) / P),
        rmsGradient: Math.sqrt((yield* addSquares(tensorGradient, gradientScale)) / P),
        rmsMoved: Math.sqrt((yield* addSquares(values, 1, startValues)) / P),
      });
    }
    figures.push({
      path,
      label: layer.label,
      ...(spec.name === undefined ? {} : { name: spec.name }),
      rmsDy: learns[k] ? Math.sqrt(squares / count) : null,
      mean,
      std: Math.sqrt(spread / count),
      flat: isActivation ? flatCounts.reduce((sum, unit) => sum + unit, 0) / count : null,
      dead: isActivation ? flatCounts.filter((unit) => unit === count / C).length / C : null,
      tensors: tensorFigures,
    });
    yield;
  }
  return figures;
}

/** Offset of each layer's units in the numbers of a leaf. */
function unitOffsets({ allLayers }: Network): number[] {
  let offset = allLayers.length * SUMS;
  return allLayers.map(({ layer }) => {
    const units = channelsOf(layer.out);
    offset += units;
    return offset - units;
  });
}

function sumOfSquares(values: Elements, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] * values[i];
  return sum;
}

/** Numbers added between two pauses, in about a tenth of a millisecond. */
const NUMBERS_PER_TURN = 1 << 17;

/** Σ (values / scale)², or Σ (values - from)². */
function* addSquares(values: Elements, scale: number, start?: Elements): Pausable<number> {
  let sum = 0;
  for (let first = 0; first < values.length; first += NUMBERS_PER_TURN) {
    const end = Math.min(values.length, first + NUMBERS_PER_TURN);
    if (start !== undefined) for (let i = first; i < end; i++) sum += (values[i] - start[i]) * (values[i] - start[i]);
    else for (let i = first; i < end; i++) sum += (values[i] / scale) * (values[i] / scale);
    yield;
  }
  return sum;
}
