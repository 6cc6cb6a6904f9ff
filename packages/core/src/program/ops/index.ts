import { attentionOps } from './attention.ts';
import { convolutionOps } from './convolutions.ts';
import { imageOps } from './images.ts';
import { layerOps } from './layers.ts';
import { normOps } from './norms.ts';
import { poolOps } from './pools.ts';
import { productOps } from './products.ts';
import { recurrentOps } from './recurrent.ts';
import { reductionOps } from './reductions.ts';
import { stepOps } from './step.ts';
import { stridedOps } from './strided.ts';
import { vectorOps } from './vectors.ts';

export { activationOps, customActivationOps } from './activations.ts';
export { emitLossOf, lossOp } from './losses.ts';
export { meanUpdateOp, updateOp } from './updates.ts';

/**
 * All operations except those of activations, losses and optimizers: arguments in order, and the plain code that
 * defines the bits. To add one, write its reference, list it in a file of this folder, and, for a fast kernel, see
 * backends/: its binding in played-kernels.ts, or a formula in formulas/.
 */
export const ops = {
  ...productOps,
  ...vectorOps,
  ...normOps,
  ...layerOps,
  ...convolutionOps,
  ...imageOps,
  ...poolOps,
  ...recurrentOps,
  ...reductionOps,
  ...attentionOps,
  ...stepOps,
  ...stridedOps,
};
