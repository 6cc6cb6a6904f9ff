// All functions that a tape can call.
export { affine, affineBackwardInput } from './affine';
export { affineBackwardWeights } from './affine-weights';
export { convBackwardInput, convForward } from './convolution';
export { convBackwardWeights } from './convolution-weights';
export { augment } from './augment';
export { averageWeights } from './average-weights';
export { averageRows } from './average-rows';
export { add, copy, fill, plus, scale, transpose } from './vectors';
export { maxNorm } from './max-norm';
export { sgd, sgdMomentum, sgdMomentumOfMean, sgdOfMean } from './sgd';
export { adam, adamOfMean, adamw, adamwOfMean } from './adam';
export { rmsprop, rmspropMomentum, rmspropMomentumOfMean, rmspropOfMean } from './rmsprop';
export { adagrad, adagradOfMean } from './adagrad';
export { lion, lionOfMean } from './lion';
export {
  eluBackward, eluForward, geluBackward, geluForward, identityBackward, identityForward, leakyReluBackward,
  leakyReluForward, reluBackward, reluForward, sigmoidBackward, sigmoidForward, siluBackward, siluForward,
  softplusBackward, softplusForward, softsignBackward, softsignForward, stepBackward, stepForward, tanhBackward,
  tanhForward,
} from './activations';
export { binaryCrossEntropy, huber, mae, mse, quadratic } from './elementwise-losses';
export { clip, noteStep, takeHyper } from './steps';
export { smoothedCrossEntropy, softmaxCrossEntropy } from './softmax-cross-entropy';
export {
  avgPoolBackward, avgPoolForward, globalAvgPoolBackward, globalAvgPoolForward, sequenceMeanBackward,
  sequenceMeanForward, upsampleBackward, upsampleForward,
} from './avg-pool';
export { maxPoolBackward, maxPoolForward } from './max-pool';
export { addRow, positionSums } from './positions';
export { weighLosses } from './weigh-losses';
export { attentionBackward, attentionForward, attentionNext, rotate, zeroPadding } from './attention';
export { channelDropout, dropout } from './dropout';
export { embeddingBackward, embeddingForward } from './embedding';
export { gateBackward, gateForward } from './gate';
export { layerNormBackwardInput, layerNormBackwardWeights, layerNormForward } from './layer-norm';
export { lastPositionBackward, lastPositionForward } from './last-position';
export { gruBackward, gruForward, lstmBackward, lstmForward } from './recurrent';
export { rmsNormBackwardInput, rmsNormBackwardWeights, rmsNormForward } from './rms-norm';
export {
  batchNormBackwardInput, batchNormForward, batchNormScales, leafGradients, leafMean, leafSquares, leafSums, leafTotal,
  movingAverage,
} from './batch-norm';
