import { layerOps } from './layers.ts';
import { normOps } from './norms.ts';
import { productOps } from './products.ts';
import { stepOps } from './step.ts';
import { vectorOps } from './vectors.ts';

export { activationOps, ownActivationOps } from './activations.ts';
export { emitLossOf, lossOp } from './losses.ts';
export { ownName } from './names.ts';
export { meanUpdateOp, updateOp } from './updates.ts';

/**
 * Every operation that is not of a family of activations, losses or optimizers: what it takes, in order, and the plain
 * code that defines its bits. To add one, write its reference, list it in a file of these, and, for a fast one, in
 * backends/wasm/wasm-ops.ts. The order of the fast ones numbers them on tapes: `npm run build:tape` writes it down.
 */
export const ops = { ...productOps, ...vectorOps, ...normOps, ...layerOps, ...stepOps };
