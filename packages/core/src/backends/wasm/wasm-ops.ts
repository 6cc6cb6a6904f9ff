import type { ActivationName } from '../../families/activations/index.ts';
import { createLoss, type LossSpec } from '../../families/losses/index.ts';
import { createOptimizer, type OptimizerSpec } from '../../families/optimizers/index.ts';
import type { Op } from '../../program/op.ts';
import { activationOps, lossOp, meanUpdateOp, ops, updateOp } from '../../program/ops/index.ts';

/** Operations of `ops` without a function in WebAssembly. */
const plainOps: readonly string[] = ['checkIndices', 'drawAugmentation', 'rotaryTable'];

/** Activations with functions in WebAssembly. */
const fastActivations = [
  'identity',
  'sigmoid',
  'tanh',
  'relu',
  'leaky-relu',
  'elu',
  'gelu',
  'silu',
  'softplus',
  'softsign',
  'step',
] as const satisfies readonly ActivationName[];
/** Losses with functions in WebAssembly. */
const fastLosses: readonly LossSpec[] = [
  'mse',
  'quadratic',
  'softmax-cross-entropy',
  { kind: 'softmax-cross-entropy', labelSmoothing: 0.1 },
  'binary-cross-entropy',
  'mae',
  'huber',
];
/** Optimizers whose updates have functions in WebAssembly: by a gradient, and by the mean of rows of gradients. */
const fastOptimizers: readonly OptimizerSpec[] = [
  'sgd',
  { kind: 'sgd', momentum: 0.5 },
  'adam',
  'adamw',
  'rmsprop',
  { kind: 'rmsprop', momentum: 0.5 },
  'adagrad',
  'lion',
];
const fastUpdates = fastOptimizers.map((spec) => updateOp(createOptimizer(spec)));

/**
 * Operations with a function of the same name in assembly/. Their order numbers them on tapes; `npm run build:tape`
 * generates assembly/tape.ts from this list.
 */
export const wasmOps: readonly Op[] = [
  ...Object.values(ops).filter((op) => !plainOps.includes(op.name)),
  ...fastActivations.flatMap((name) => [activationOps[name].forward, activationOps[name].backward]),
  ...fastLosses.map((spec) => lossOp(createLoss(spec))),
  ...fastUpdates,
  ...fastUpdates.map(meanUpdateOp),
] as unknown as readonly Op[];
