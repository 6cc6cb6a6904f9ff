export {
  attentionBackward,
  attentionForward,
  attentionNext,
  rotaryTable,
  rotate,
  zeroPadding,
} from './attention.ts';
export { AUGMENTATION, augment, drawAugmentation, showPoint } from './augment.ts';
export { averageWeights } from './average-weights.ts';
export {
  batchNormBackwardInput,
  batchNormForward,
  batchNormScales,
  leafGradients,
  leafMean,
  leafSquares,
  leafSums,
  leafTotal,
  movingAverage,
} from './batch-norm.ts';
export { convBackwardInput, convBackwardWeights, convForward } from './convolution.ts';
export { channelDropout, dropout } from './dropout.ts';
export { checkIndices, embeddingBackward, embeddingForward } from './embedding.ts';
export { gateBackward, gateForward } from './gate.ts';
export { lastPositionBackward, lastPositionForward } from './last-position.ts';
export { layerNormBackwardInput, layerNormBackwardWeights, layerNormForward } from './layer-norm.ts';
export { maxNorm } from './max-norm.ts';
export {
  avgPoolBackward,
  avgPoolForward,
  globalAvgPoolBackward,
  globalAvgPoolForward,
  maxPoolBackward,
  maxPoolForward,
  sequenceMeanBackward,
  sequenceMeanForward,
  upsampleBackward,
  upsampleForward,
} from './pooling.ts';
export { addRow, positionSums } from './positions.ts';
export { gruBackward, gruForward, lstmBackward, lstmForward } from './recurrent.ts';
export { rmsNormBackwardInput, rmsNormBackwardWeights, rmsNormForward } from './rms-norm.ts';
export { PIECE, sumLevels } from './sum-rows.ts';
export { copy, fill, plus, transpose } from './vectors.ts';
export { weighLosses } from './weigh-losses.ts';
