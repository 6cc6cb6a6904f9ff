// The functions that a tape can call.
export { affine, affineBackwardInput } from './affine';
export { affineBackwardWeights } from './affine-weights';
export { averageRows } from './average-rows';
export { add, scale } from './vectors';
export { sgd, sgdMomentum } from './sgd';
export { adam, adamOfMean, adamw, adamwOfMean } from './adam';
export {
  geluBackward, geluForward, reluBackward, reluForward, sigmoidBackward, sigmoidForward, tanhBackward, tanhForward,
} from './activations';
export { mse } from './mse';
export { clip, noteStep, takeHyper } from './steps';
export { softmaxCrossEntropy } from './softmax-cross-entropy';
