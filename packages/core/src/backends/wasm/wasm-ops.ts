import type { ActivationName } from '../../families/activations/index.ts';
import { createLoss } from '../../families/losses/index.ts';
import { createOptimizer } from '../../families/optimizers/index.ts';
import type { Op } from '../../program/op.ts';
import { activationOps, lossOp, meanUpdateOp, ops, updateOp } from '../../program/ops/index.ts';

/** Operations of `ops` that only the reference has. */
const plainOps: readonly string[] = ['checkIndices'];

/** Activations that WebAssembly has. */
const fastActivations = [
  'relu',
  'sigmoid',
  'tanh',
  'gelu',
  'leaky-relu',
  'elu',
  'silu',
  'softplus',
  'softsign',
] as const satisfies readonly ActivationName[];
/** Losses. */
const fastLosses = [
  createLoss('softmax-cross-entropy'),
  createLoss({ kind: 'softmax-cross-entropy', labelSmoothing: 0.1 }),
  createLoss('mse'),
];
/** Updates. */
const fastUpdates = [
  updateOp(createOptimizer('sgd')),
  updateOp(createOptimizer({ kind: 'sgd', momentum: 0.5 })),
  updateOp(createOptimizer('adam')),
  updateOp(createOptimizer('adamw')),
];
const fastMeanUpdates = fastUpdates
  .filter(({ name }) => name !== 'sgdMomentum')
  .map(({ name, reference }) => meanUpdateOp(name, reference));

/**
 * The operations that assembly/ has a function for, under their names: the interpreter of assembly/tape.ts knows each
 * by its place in this list, and is written from it (`npm run build:tape`).
 */
export const wasmOps: readonly Op[] = [
  ...Object.values(ops).filter((op) => !plainOps.includes(op.name)),
  ...fastActivations.flatMap((name) => [activationOps[name].forward, activationOps[name].backward]),
  ...fastLosses.map(lossOp),
  ...fastUpdates,
  ...fastMeanUpdates,
] as unknown as readonly Op[];
