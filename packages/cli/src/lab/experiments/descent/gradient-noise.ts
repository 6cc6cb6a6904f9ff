import {
  buildNetwork,
  createLoss,
  createRandom,
  initializeParameters,
  type NetworkSpec,
  shuffle,
} from '@gradloom/core';
import { bindGradients, bindTensors, createWorkspace, nodeGradient } from '@gradloom/core/internal';
import type { Dataset } from '@gradloom/runtime';
import { meanOf } from '../../figures/range.ts';
import { referencePass } from '../reference-passes.ts';

export interface GradientNoise {
  readonly batch: number;
  /** √(mean of |g_B - g|²) over batches drawn at random, without a row twice. */
  readonly measured: number;
  /** σ/√B · √((N - B)/(N - 1)) with σ² the mean of |g_n - g|² over all rows. [Cochran 1977, theorem 2.2] */
  readonly theory: number;
}

/** Distance between the gradient of a batch and that of all rows, at the weights drawn from a seed. */
export function gradientNoise(
  spec: NetworkSpec,
  dataset: Dataset, // regression: targets are values
  { batches, draws, seed }: { batches: readonly number[]; draws: number; seed: number },
): { norm: number; noise: GradientNoise[] } {
  const N = dataset.rows;
  const gradient = createGradient(spec, dataset, seed);
  const allRows = Uint32Array.from({ length: N }, (_, n) => n);
  const g = gradient(allRows);
  const variance = meanOf(Array.from(allRows, (n) => squaredDistance(gradient(allRows.subarray(n, n + 1)), g)));
  const noise = batches.map((B) => {
    const random = createRandom(seed, 'gradient noise', B);
    const squares = Array.from({ length: draws }, () => {
      shuffle(allRows, random);
      return squaredDistance(gradient(allRows.subarray(0, B)), g);
    });
    return { batch: B, measured: Math.sqrt(meanOf(squares)), theory: Math.sqrt((variance / B) * ((N - B) / (N - 1))) };
  });
  return { norm: Math.sqrt(squaredDistance(g, new Float64Array(g.length))), noise };
}

/** The gradient [P] of the mean loss of some rows, by the reference kernels. */
function createGradient(spec: NetworkSpec, { inputs, targets, rows }: Dataset, seed: number) {
  const network = buildNetwork(spec);
  const loss = createLoss('mse');
  const workspace = createWorkspace(network, loss, rows, (length) => new Float64Array(length));
  const theta = new Float64Array(network.parameterCount);
  initializeParameters(network, theta, seed);
  const lossSum = new Float64Array(1);
  const pass = referencePass({ training: true, leafRows: rows });
  return (batch: Uint32Array): Float64Array => {
    for (const [k, n] of batch.entries()) {
      workspace.x.set(inputs.array.subarray(n * inputs.columns, (n + 1) * inputs.columns), k * inputs.columns);
      workspace.t.set(targets.array.subarray(n * targets.columns, (n + 1) * targets.columns), k * targets.columns);
    }
    const gSum = new Float64Array(network.parameterCount);
    const B = batch.length;
    nodeGradient(lossSum, network, workspace, bindTensors(network, theta), bindGradients(network, gSum), B, pass);
    return gSum.map((sum) => sum / B);
  };
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, p) => sum + (value - b[p]) ** 2, 0);
}
