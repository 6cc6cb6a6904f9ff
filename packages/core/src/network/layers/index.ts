import type { ActivationName } from '../../families/activations/index.ts';
import { type KindOf, withOptions } from '../../families/family.ts';
import { type ActivationOptions, activation, activationOptions } from './activation.ts';
import { argmax, argmaxOptions } from './argmax.ts';
import { batchNorm, batchNormOptions } from './batch-norm.ts';
import { channelDropout, channelDropoutOptions } from './channel-dropout.ts';
import { concat, concatOptions } from './concat.ts';
import { conv2dTranspose, conv2dTransposeOptions } from './conv2d-transpose.ts';
import { conv1d, conv1dOptions, conv2d, conv2dOptions } from './convolution.ts';
import { crossAttention, crossAttentionOptions } from './cross-attention.ts';
import { dense, denseOptions } from './dense.ts';
import { dropout, dropoutOptions } from './dropout.ts';
import { embedding, embeddingOptions } from './embedding.ts';
import { expand, expandOptions } from './expand.ts';
import { flatten, flattenOptions } from './flatten.ts';
import { formulaLayerOptions, formulaLayers } from './formulas.ts';
import { gaussian, gaussianOptions } from './gaussian.ts';
import { globalAvgPool, globalAvgPoolOptions } from './global-avg-pool.ts';
import { groupNorm, groupNormOptions, instanceNorm, instanceNormOptions } from './group-norm.ts';
import { heads, headsOptions } from './heads.ts';
import { lastPosition, lastPositionOptions } from './last-position.ts';
import { layerNorm, layerNormOptions } from './layer-norm.ts';
import { like, likeOptions } from './like.ts';
import type { LoraOptions } from './lora.ts';
import { matmul, matmulOptions } from './matmul.ts';
import { pad, padOptions } from './pad.ts';
import { parameter, parameterOptions } from './parameter.ts';
import { avgPool, avgPoolOptions, maxPool, maxPoolOptions } from './pool.ts';
import { positionEmbedding, positionEmbeddingOptions } from './position-embedding.ts';
import { gru, gruOptions, lstm, lstmOptions } from './recurrent.ts';
import { logSumExp, logSumExpOptions, max, maxOptions, mean, meanOptions, sum, sumOptions } from './reductions.ts';
import { reshape, reshapeOptions } from './reshape.ts';
import { type AnyResidualOptions, residual, residualOptions } from './residual.ts';
import { resize, resizeOptions } from './resize.ts';
import { rmsNorm, rmsNormOptions } from './rms-norm.ts';
import { selfAttention, selfAttentionOptions } from './self-attention.ts';
import { slice, sliceOptions } from './slice.ts';
import { logSoftmax, logSoftmaxOptions, softmax, softmaxOptions } from './softmax.ts';
import { swiglu, swigluOptions } from './swiglu.ts';
import { take, takeOptions } from './take.ts';
import { transpose, transposeOptions } from './transpose.ts';
import { upsample, upsampleOptions } from './upsample.ts';

const [members, options] = withOptions({
  activation: [activation, activationOptions.table],
  argmax: [argmax, argmaxOptions.table],
  'avg-pool': [avgPool, avgPoolOptions.table],
  'batch-norm': [batchNorm, batchNormOptions.table],
  'channel-dropout': [channelDropout, channelDropoutOptions.table],
  concat: [concat, concatOptions.table],
  conv1d: [conv1d, conv1dOptions.table],
  conv2d: [conv2d, conv2dOptions.table],
  'conv2d-transpose': [conv2dTranspose, conv2dTransposeOptions.table],
  'cross-attention': [crossAttention, crossAttentionOptions.table],
  dense: [dense, denseOptions.table],
  dropout: [dropout, dropoutOptions.table],
  embedding: [embedding, embeddingOptions.table],
  expand: [expand, expandOptions.table],
  flatten: [flatten, flattenOptions.table],
  gaussian: [gaussian, gaussianOptions.table],
  'global-avg-pool': [globalAvgPool, globalAvgPoolOptions.table],
  'group-norm': [groupNorm, groupNormOptions.table],
  gru: [gru, gruOptions.table],
  heads: [heads, headsOptions.table],
  'instance-norm': [instanceNorm, instanceNormOptions.table],
  'last-position': [lastPosition, lastPositionOptions.table],
  'layer-norm': [layerNorm, layerNormOptions.table],
  like: [like, likeOptions.table],
  'log-softmax': [logSoftmax, logSoftmaxOptions.table],
  'log-sum-exp': [logSumExp, logSumExpOptions.table],
  lstm: [lstm, lstmOptions.table],
  matmul: [matmul, matmulOptions.table],
  max: [max, maxOptions.table],
  'max-pool': [maxPool, maxPoolOptions.table],
  mean: [mean, meanOptions.table],
  pad: [pad, padOptions.table],
  parameter: [parameter, parameterOptions.table],
  'position-embedding': [positionEmbedding, positionEmbeddingOptions.table],
  reshape: [reshape, reshapeOptions.table],
  residual: [residual, residualOptions.table],
  resize: [resize, resizeOptions.table],
  'rms-norm': [rmsNorm, rmsNormOptions.table],
  'self-attention': [selfAttention, selfAttentionOptions.table],
  softmax: [softmax, softmaxOptions.table],
  sum: [sum, sumOptions.table],
  slice: [slice, sliceOptions.table],
  swiglu: [swiglu, swigluOptions.table],
  take: [take, takeOptions.table],
  transpose: [transpose, transposeOptions.table],
  upsample: [upsample, upsampleOptions.table],
});

const table = { ...members, ...formulaLayers };

/** All kinds of layers. To add one, write a file and list it here. */
export const layers: { readonly [K in keyof typeof table]: (typeof table)[K] } = table;

/** Options of each kind. */
export const layerOptions = { ...options, ...formulaLayerOptions };

/** Kinds of layers in long form. The name of an activation is short for an activation layer. */
export type LayerKind = keyof typeof layers;

/**
 * JSON that rebuilds a layer in any thread: `{ kind: 'dense', out: 128 }`. An activation may be written as `{ kind:
 * 'relu' }`, short for `{ kind: 'activation', fn: 'relu' }`. Results, files and comparisons use the long form.
 */
export type LayerSpec =
  | {
      [K in LayerKind]: KindOf<K> &
        LayerName &
        (K extends 'residual' ? ResidualOptions : Parameters<(typeof layers)[K]>[0]);
    }[LayerKind]
  | ShortActivation;

/** Options of a residual block. */
export interface ResidualOptions extends Omit<AnyResidualOptions, 'layers' | 'shortcut'> {
  /**
   * The layers of f, in order. Its outputs have the shape of x, or of what the shortcut makes of it. Blocks may be
   * nested, at most 16 levels deep.
   */
  layers: LayerSpec[];
  /**
   * Layers that x goes through before it is added, such as a convolution of 1 x 1 with a stride where f changes the
   * shape. @default none: x itself is added
   */
  shortcut?: LayerSpec[];
}

/** What a spec may call any layer. */
export interface LayerName {
  /** Name in messages, tables and pages, in place of 'layer 2'; no two layers have the same. @default none */
  name?: string;
  /**
   * The values that the layer reads: names or paths of layers before it, or names of inputs; a list for a layer that
   * reads several. @default the outputs of the layer before
   */
  of?: string | readonly string[];
  /**
   * Whether the layer's tensors stay as they are in training, and with them those of all layers inside. A frozen
   * batch-norm uses its running averages and leaves them; a frozen dropout still drops. @default false
   */
  freeze?: boolean;
  /**
   * Low-rank additions to the weight matrices of a dense layer, an attention, a SwiGLU or a convolution, whose own
   * tensors are then constants: their rank, or `{ rank, alpha }`. [Hu et al. 2021](https://arxiv.org/abs/2106.09685)
   * @default none
   */
  lora?: number | LoraOptions;
}

/** An activation in short form: `{ kind: 'leaky-relu', alpha: 0.1 }`. */
export type ShortActivation = KindOf<ActivationName> & LayerName & Omit<ActivationOptions, 'fn'>;
export {
  type BatchSlice,
  EVALUATION,
  type Inspect,
  type Layer,
  type NextPass,
  NO_BATCH,
  type Pass,
  type TensorSpec,
} from './layer.ts';
export {
  type BranchName,
  type BuiltValue,
  type CustomParts,
  type LayerBefore,
  type LayerContext,
  NO_PARTS,
  type Path,
} from './layer-context.ts';
export { type LayerMemory, NO_TEAM_MEMORY, noMemory, type PassKind, type TeamMemory } from './memory.ts';
