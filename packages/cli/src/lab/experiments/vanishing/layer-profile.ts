import type { LayerFigures, TensorFigures } from '@gradloom/core';

/** Statistics of a hidden layer a = f(z) or f(norm(z)), z = x · W + b, over the rows of a batch. */
export interface HiddenFigures {
  readonly rmsDz: number; // RMS over rows and units of the gradient of each row's own loss; rmsDa too
  readonly rmsDa: number;
  readonly rmsDW: number; // RMS of the mean gradient of the batch; rmsDb too
  readonly rmsDb: number;
  readonly rmsW: number;
  readonly rmsB: number;
  readonly activationMean: number;
  readonly activationStd: number;
  readonly zMean: number;
  readonly zStd: number;
  readonly flat: number; // share of outputs with almost no slope: saturated or inactive
  readonly dead: number; // share of units that are flat in every row
}

export interface OutputFigures {
  readonly rmsDz: number;
  readonly rmsDW: number;
  readonly rmsW: number;
}

/** Hidden layers, starting at the input, of a network made by `deepNetwork`. */
export function hiddenFigures(layers: readonly LayerFigures[], depth: number): HiddenFigures[] {
  const indices = denseIndices(layers);
  return Array.from({ length: depth }, (_, h) => {
    const dense = layers[indices[h]];
    const activation = layers.slice(indices[h], indices[h + 1]).find(({ flat }) => flat !== null) ?? dense;
    const [W, b] = dense.tensors;
    return {
      rmsDz: gradientOf(dense),
      rmsDa: gradientOf(activation),
      rmsDW: W.rmsGradient,
      rmsDb: b.rmsGradient,
      rmsW: W.rms,
      rmsB: b.rms,
      activationMean: activation.mean,
      activationStd: activation.std,
      zMean: dense.mean,
      zStd: dense.std,
      flat: activation.flat ?? Number.NaN,
      dead: activation.dead ?? Number.NaN,
    };
  });
}

export function outputFigures(layers: readonly LayerFigures[], depth: number): OutputFigures {
  const dense = layers[denseIndices(layers)[depth]];
  const [W]: readonly TensorFigures[] = dense.tensors;
  return { rmsDz: gradientOf(dense), rmsDW: W.rmsGradient, rmsW: W.rms };
}

/** Each hidden layer begins with a dense one, and ends before the next. */
const denseIndices = (layers: readonly LayerFigures[]): number[] =>
  layers.flatMap(({ label }, k) => (label.startsWith('dense') ? [k] : []));

/** Every layer of a deep network is above a layer with parameters, so it has a gradient. */
const gradientOf = ({ rmsDy }: LayerFigures): number => rmsDy ?? Number.NaN;
