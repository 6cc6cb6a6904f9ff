import {
  createLoss,
  type Elements,
  type ElementType,
  type LossSpec,
  type Network,
  referenceKernels,
} from '@gradloom/core';
import {
  allocateEach,
  bindTensors,
  createWorkspace,
  NO_TEAM_MEMORY,
  rowPredictor,
  toProbabilities,
} from '@gradloom/core/internal';
import type { ProbedFigures } from '@gradloom/runtime/browser';
import type { PlaneData } from './data.ts';
import { type Domain, type Frame, type HiddenLayer, MAP, MAX_UNITS, UNIT_MAP } from './messages.ts';

/** Computes the outputs of a network over a square of the plane; the figures of a probe give its gradients. */
export type PlaneOutputs = (figures: ProbedFigures | null) => Pick<Frame, 'shares' | 'hidden' | 'output'>;

/** Pixels of the large map for each pixel of a unit's map. */
const STRIDE = MAP / UNIT_MAP;

/** Uses the reference kernels, and the weights as they are at each call. */
export function createPlaneOutputs(
  network: Network,
  parameters: Elements, // [P] updated by the steps
  type: ElementType,
  loss: LossSpec,
  { classes, center, scale }: PlaneData,
  { left, bottom, side }: Domain,
): PlaneOutputs {
  const rows = MAP * MAP;
  const workspace = createWorkspace(network, createLoss(loss), rows, allocateEach(type), NO_TEAM_MEMORY);
  const predict = rowPredictor(network, workspace, bindTensors(network, parameters), referenceKernels);
  const inputAt = (pixel: number, start: number, c: number): number =>
    (start + (side * (pixel + 0.5)) / MAP - center[c]) / scale[c];
  const x = new Float64Array(2 * rows);
  for (let n = 0; n < rows; n++) {
    x[2 * n] = inputAt(n % MAP, left, 0);
    x[2 * n + 1] = inputAt(Math.floor(n / MAP), bottom, 1);
  }
  // A hidden layer is a dense layer and the activation after it; these are the indices of the activations.
  const hidden = network.layers.flatMap((layer, l) =>
    layer.activation === undefined || l === network.layers.length - 1 ? [] : [l],
  );
  const lastDense = network.layers.findLastIndex(({ tensors }) => tensors.length > 0);

  return (figures) => {
    const outputs = predict(x);
    return {
      shares: sharesOf(outputs, network.outputs, classes.length, loss),
      hidden: hidden.map((l): HiddenLayer => {
        const units = network.layers[l].out[0];
        return {
          ...gradientOf(figures, l - 1),
          flat: figures?.layers[l].flat ?? null,
          units,
          maps: mapsOf(workspace.outputs[l], units),
        };
      }),
      output: gradientOf(figures, lastDense),
    };
  };
}

/** The figures of a dense layer's weights. */
function gradientOf(figures: ProbedFigures | null, l: number): { gradient: number | null; moved: number | null } {
  const [weights] = figures?.layers[l].tensors ?? [];
  return { gradient: weights?.rmsGradient ?? null, moved: weights?.rmsMoved ?? null };
}

/** [MAP, MAP, C] the share of each class. A single output is the share of the second class. */
function sharesOf(outputs: Float64Array, O: number, C: number, loss: LossSpec): Float32Array {
  if (O === C) {
    toProbabilities('createPlaneOutputs', createLoss(loss), outputs, O);
    return Float32Array.from(outputs);
  }
  const shares = new Float32Array(outputs.length * C);
  for (const [n, y] of outputs.entries()) {
    const share = Math.min(1, Math.max(0, y));
    shares[2 * n] = 1 - share;
    shares[2 * n + 1] = share;
  }
  return shares;
}

/** [units that are shown, UNIT_MAP, UNIT_MAP] of outputs [MAP, MAP, units]. */
function mapsOf(outputs: Elements, units: number): Float32Array {
  const unitCount = Math.min(units, MAX_UNITS);
  const maps = new Float32Array(unitCount * UNIT_MAP * UNIT_MAP);
  const middle = Math.floor(STRIDE / 2);
  let next = 0;
  for (let unit = 0; unit < unitCount; unit++) {
    for (let row = middle; row < MAP; row += STRIDE) {
      for (let column = middle; column < MAP; column += STRIDE) {
        maps[next++] = outputs[(row * MAP + column) * units + unit];
      }
    }
  }
  return maps;
}
