import { type Activation, type ActivationName, activations } from './activations/index.ts';
import type { Inspect, Workspace } from './backprop.ts';
import type { Network } from './network.ts';

/** A slope below this share of the activation's largest passes next to nothing on: the output counts as flat. */
const FLAT = 0.01;

/** Σ (∂loss/∂y)², Σ y, Σ y² over rows and units. */
const SUMS = 3;

/** What a look at one layer y = f(x) found, over all rows of a batch. Null where a figure does not apply. */
export interface LayerFigures {
  readonly label: string;
  /** RMS over rows and units of ∂loss/∂y, each row's own loss; null below the first layer that learns. */
  readonly rmsDy: number | null;
  readonly mean: number; // of y over rows and units
  readonly std: number; // likewise
  /** Share of outputs where |f′| is below 1 % of its largest: saturated for sigmoid and tanh, off for relu. Activations only. */
  readonly flat: number | null;
  /** Share of units that are flat in every row of the batch. Activations only. */
  readonly dead: number | null;
  readonly tensors: readonly TensorFigures[];
}

export interface TensorFigures {
  readonly name: string;
  readonly length: number;
  readonly rms: number; // of the tensor itself
  readonly rmsGradient: number; // of the batch's mean gradient, before clipping
  readonly rmsMoved: number; // of the way from where it started
}

/** Numbers that a shard's look leaves: three sums a layer, then for each unit of all layers its flat rows. */
export const probeLength = (network: Network): number =>
  network.layers.reduce((length, layer) => length + SUMS + layer.out, 0);

/** An Inspect that writes what it sees of one shard into `sums` [probeLength]. Overwrites it, for a shard without rows with zeros. */
export function createProbe(network: Network, workspace: Workspace, sums: Float64Array): Inspect {
  const { layers, spec } = network;
  const units = unitOffsets(network);
  return (phase, layer, rows, n) => {
    if (phase === 'forward') {
      lookAtOutputs(sums, layer * SUMS, rows, n);
      const layerSpec = spec.layers[layer];
      if (layerSpec.kind !== 'activation') return;
      const x = layer === 0 ? workspace.x : workspace.outputs[layer - 1];
      const flat = sums.subarray(units[layer], units[layer] + layers[layer].out);
      countFlat(flat, x, rows, n, layerSpec.fn, layerSpec.alpha);
    } else {
      // What a layer passes down is the gradient by the output of the one below.
      const below = phase === 'loss' ? layer : layer - 1;
      if (below >= 0) sums[below * SUMS] = sumOfSquares(rows, n);
    }
  };
}

/** Overwrites Σ y and Σ y² in `sums`. */
function lookAtOutputs(sums: Float64Array, at: number, y: Float64Array, n: number): void {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += y[i];
  sums[at + 1] = sum;
  sums[at + 2] = sumOfSquares(y, n);
}

/** The rows in which each unit is flat. Overwrites `flat` [units]. An activation reads z or a; the other array may hold anything. */
function countFlat(
  flat: Float64Array, // [O] out
  z: Float64Array, // [B, O]
  a: Float64Array, // [B, O]
  n: number, // B · O
  fn: ActivationName,
  alpha: number = activations[fn].alpha,
): void {
  const f: Activation = activations[fn];
  const least = FLAT * f.maxSlope;
  flat.fill(0);
  for (let i = 0, o = 0; i < n; i++) {
    const slope = f.reads === 'z' ? f.derivative(z[i], Number.NaN, alpha) : f.derivative(Number.NaN, a[i], alpha);
    if (Math.abs(slope) < least) flat[o]++;
    o = o + 1 === flat.length ? 0 : o + 1;
  }
}

/** What a batch's figures are made of, all of it as its step began but for the gradient, which the step computed. */
export interface ProbeReading {
  readonly sums: Float64Array; // [S, probeLength]
  readonly rows: number; // of the batch
  readonly gradient: Float64Array; // [P] mean over the batch
  readonly theta: Float64Array; // [P] that the gradient belongs to
  readonly start: Float64Array; // [P] where training began
}

/** Adds the shards in shard order and makes figures of the sums: a function of the configuration, not of threads. */
export function probeFigures(network: Network, { sums, rows, gradient, theta, start }: ProbeReading): LayerFigures[] {
  const length = probeLength(network);
  const total = new Float64Array(length);
  for (let at = 0; at < sums.length; at += length) for (let k = 0; k < length; k++) total[k] += sums[at + k];
  const units = unitOffsets(network);
  const firstTrainable = network.layers.findIndex((layer) => layer.tensors.length > 0);
  return network.layers.map(({ label, out }, layer) => {
    const count = rows * out;
    const [squares, sum, sumSquares] = total.subarray(layer * SUMS, (layer + 1) * SUMS);
    const mean = sum / count;
    const flat = total.subarray(units[layer], units[layer] + out);
    const isActivation = network.spec.layers[layer].kind === 'activation';
    return {
      label,
      rmsDy: layer < firstTrainable ? null : Math.sqrt(squares / count),
      mean,
      std: Math.sqrt(Math.max(0, sumSquares / count - mean * mean)),
      flat: isActivation ? flat.reduce((all, unit) => all + unit, 0) / count : null,
      dead: isActivation ? flat.filter((unit) => unit === rows).length / out : null,
      tensors: network.tensors
        .filter((tensor) => tensor.layer === layer)
        .map(({ name, offset, length: P }) => ({
          name,
          length: P,
          rms: rms(theta, offset, P),
          rmsGradient: rms(gradient, offset, P),
          rmsMoved: rmsDistance(theta, start, offset, P),
        })),
    };
  });
}

/** Where each layer's units begin in a shard's numbers. */
function unitOffsets({ layers }: Network): number[] {
  let offset = layers.length * SUMS;
  return layers.map(({ out }) => {
    offset += out;
    return offset - out;
  });
}

function sumOfSquares(values: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += values[i] * values[i];
  return sum;
}

const rms = (values: Float64Array, offset: number, n: number): number =>
  Math.sqrt(sumOfSquares(values.subarray(offset, offset + n), n) / n);

function rmsDistance(values: Float64Array, from: Float64Array, offset: number, n: number): number {
  let sum = 0;
  for (let i = offset; i < offset + n; i++) sum += (values[i] - from[i]) * (values[i] - from[i]);
  return Math.sqrt(sum / n);
}
