import { readFileSync } from 'node:fs';
import type { LossName, NetworkSpec, OptimizerSpec } from '@gradloom/core';

/** A network's gradient as PyTorch computed it; see test/fixtures/README.md. */
export interface GoldenGradient {
  layers: NetworkSpec['layers'];
  loss: LossName;
  batch: number; // B
  x: number[]; // [B, I]
  t: number[]; // [B, O], or [B] class indices
  params: number[]; // [P]
  lossValue: number; // mean over the batch
  grad: number[]; // [P] gradient of that mean
}

/** A training run as computed by PyTorch or a NumPy script. */
export interface GoldenTrajectory extends Omit<GoldenGradient, 'lossValue' | 'grad'> {
  optimizer: string; // 'sgd-momentum' means sgd with momentum
  options: Record<string, number | boolean | string>;
  losses: number[]; // loss of each step, before its update
  finalParams: number[]; // [P]
}

export const goldenGradients: GoldenGradient[] = read('gradients.json').cases;
/** Trajectories of PyTorch; those of Lion and Muon, which the PyTorch of the fixtures lacks, are from NumPy. */
export const goldenTrajectories: GoldenTrajectory[] = ['trajectories.json', 'lion.json', 'muon.json'].flatMap(
  (file) => read(file).runs,
);

/** The network of a fixture; its input size follows from x. */
export const networkSpec = ({ layers, x, batch }: GoldenGradient | GoldenTrajectory, rows = batch): NetworkSpec => ({
  input: x.length / rows,
  layers,
});

/** The optimizer of a run, as a spec. */
export const optimizerSpec = ({ optimizer, options }: GoldenTrajectory): OptimizerSpec =>
  JSON.parse(JSON.stringify({ kind: optimizer.replace(/-.*/, ''), ...options }));

function read(file: string) {
  return JSON.parse(readFileSync(new URL(`../fixtures/${file}`, import.meta.url), 'utf8'));
}
