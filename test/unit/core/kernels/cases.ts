import type { Call } from '../../../../packages/core/src/program/op.ts';
import { activationCase } from './activation-case.ts';
import { attentionCases } from './attention-cases.ts';
import { batchNormCases } from './batch-norm-cases.ts';
import { convolutionCases } from './convolutions.ts';
import { formulaCases } from './formula-cases.ts';
import type { KernelCase } from './kernel-case.ts';
import { layerCases } from './layer-cases.ts';
import { addingCase, lossCase, weighingCase } from './loss-case.ts';
import { poolCases } from './pool-cases.ts';
import { productCases } from './product-cases.ts';
import { recurrentCases } from './recurrent-cases.ts';
import { reductionCases } from './reduction-cases.ts';
import { stepCases } from './step-cases.ts';
import { stridedCases } from './strided-cases.ts';
import { updateCases } from './update-cases.ts';
import { vectorCases } from './vector-cases.ts';

/** Operations without a kernel: they run by plain code on every machine. */
export const plainOps: readonly string[] = [
  'addLosses',
  'addToDiagonal',
  'argmax',
  'checkIndices',
  'drawAugmentation',
  'gaussian',
  'inverseNorm',
  'rotaryTable',
];

/** Whether plain code runs a call on every machine: it has no kernel, or one of its arrays is empty. */
export const isPlain = ({ op, args }: Call): boolean =>
  plainOps.includes(op.name) ||
  Object.values(op.operands).some(({ kind }, k) => kind === 'array' && (args[k] as Float64Array).length === 0);

/** Cases of every operation that is called in passes and updates. */
export const cases: Record<string, KernelCase> = {
  ...productCases,
  ...convolutionCases,
  ...vectorCases,
  ...stridedCases,
  ...stepCases,
  ...updateCases,
  ...layerCases,
  ...poolCases,
  ...recurrentCases,
  ...reductionCases,
  ...batchNormCases,
  ...attentionCases,
  ...formulaCases,
  identity: activationCase('identity'),
  relu: activationCase('relu'),
  sigmoid: activationCase('sigmoid'),
  tanh: activationCase('tanh'),
  gelu: activationCase('gelu'),
  'gelu-tanh': activationCase('gelu-tanh'),
  'leaky-relu': activationCase('leaky-relu'),
  elu: activationCase('elu'),
  silu: activationCase('silu'),
  softplus: activationCase('softplus'),
  softsign: activationCase('softsign'),
  step: activationCase('step'),
  mse: lossCase('mse'),
  quadratic: lossCase('quadratic'),
  mae: lossCase('mae'),
  output: lossCase('output'),
  huber: lossCase({ kind: 'huber', delta: 0.7 }),
  'binary-cross-entropy': lossCase('binary-cross-entropy'),
  'softmax-cross-entropy': lossCase('softmax-cross-entropy'),
  'soft-target-cross-entropy': lossCase('soft-target-cross-entropy'),
  'smoothed-cross-entropy': lossCase({ kind: 'softmax-cross-entropy', labelSmoothing: 0.3 }),
  weighLosses: weighingCase,
  addLosses: addingCase,
};
