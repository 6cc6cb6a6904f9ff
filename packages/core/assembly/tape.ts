// Written by npm run build:tape from src/backends/wasm/wasm-ops.ts. Do not edit.
import {
  adagrad,
  adagradOfMean,
  adam,
  adamOfMean,
  adamw,
  adamwOfMean,
  add,
  addRow,
  affine,
  affineBackwardInput,
  affineBackwardWeights,
  attentionBackward,
  attentionForward,
  attentionNext,
  augment,
  averageRows,
  averageWeights,
  avgPoolBackward,
  avgPoolForward,
  batchNormBackwardInput,
  batchNormForward,
  batchNormScales,
  binaryCrossEntropy,
  channelDropout,
  clip,
  convBackwardInput,
  convBackwardWeights,
  convForward,
  copy,
  dropout,
  eluBackward,
  eluForward,
  embeddingBackward,
  embeddingForward,
  fill,
  gateBackward,
  gateForward,
  geluBackward,
  geluForward,
  globalAvgPoolBackward,
  globalAvgPoolForward,
  gruBackward,
  gruForward,
  huber,
  identityBackward,
  identityForward,
  lastPositionBackward,
  lastPositionForward,
  layerNormBackwardInput,
  layerNormBackwardWeights,
  layerNormForward,
  leafGradients,
  leafMean,
  leafSquares,
  leafSums,
  leafTotal,
  leakyReluBackward,
  leakyReluForward,
  lion,
  lionOfMean,
  lstmBackward,
  lstmForward,
  mae,
  maxNorm,
  maxPoolBackward,
  maxPoolForward,
  movingAverage,
  mse,
  noteStep,
  plus,
  positionSums,
  quadratic,
  reluBackward,
  reluForward,
  rmsNormBackwardInput,
  rmsNormBackwardWeights,
  rmsNormForward,
  rmsprop,
  rmspropMomentum,
  rmspropMomentumOfMean,
  rmspropOfMean,
  rotate,
  scale,
  sequenceMeanBackward,
  sequenceMeanForward,
  sgd,
  sgdMomentum,
  sgdMomentumOfMean,
  sgdOfMean,
  sigmoidBackward,
  sigmoidForward,
  siluBackward,
  siluForward,
  smoothedCrossEntropy,
  softmaxCrossEntropy,
  softplusBackward,
  softplusForward,
  softsignBackward,
  softsignForward,
  stepBackward,
  stepForward,
  takeHyper,
  tanhBackward,
  tanhForward,
  transpose,
  upsampleBackward,
  upsampleForward,
  weighLosses,
  zeroPadding,
} from './kernels';

/** Bytes of a call on the tape. */
const CALL: usize = 96;

/** Makes the calls on the tape, one after the other. */
export function play(tape: usize, calls: i32): void {
  for (; calls > 0; calls--, tape += CALL) {
    switch (load<i32>(tape)) {
      case 0: affine(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), address(tape, 8)); break;
      case 1: affineBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), address(tape, 7)); break;
      case 2: affineBackwardWeights(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), address(tape, 10)); break;
      case 3: averageRows(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), word(tape, 6), address(tape, 7)); break;
      case 4: add(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 5: scale(address(tape, 1), word(tape, 2), address(tape, 3)); break;
      case 6: copy(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 7: plus(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 8: addRow(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4)); break;
      case 9: fill(address(tape, 1), double(tape, 2), word(tape, 4)); break;
      case 10: transpose(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4)); break;
      case 11: dropout(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), double(tape, 9)); break;
      case 12: channelDropout(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), double(tape, 11)); break;
      case 13: layerNormForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), word(tape, 7), word(tape, 8), double(tape, 9)); break;
      case 14: layerNormBackwardWeights(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 15: layerNormBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9)); break;
      case 16: leafSums(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 17: leafSquares(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 18: leafGradients(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11)); break;
      case 19: leafMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 20: leafTotal(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 21: batchNormScales(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 22: batchNormForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 23: batchNormBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), word(tape, 10)); break;
      case 24: movingAverage(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4), double(tape, 6)); break;
      case 25: rmsNormForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), double(tape, 7)); break;
      case 26: rmsNormBackwardWeights(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10)); break;
      case 27: rmsNormBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 28: gateForward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 29: gateBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 30: embeddingForward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5)); break;
      case 31: embeddingBackward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13)); break;
      case 32: convForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14), word(tape, 15), word(tape, 16), word(tape, 17), word(tape, 18), word(tape, 19), word(tape, 20), address(tape, 21)); break;
      case 33: convBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14), word(tape, 15), word(tape, 16), word(tape, 17), word(tape, 18), word(tape, 19), address(tape, 20)); break;
      case 34: convBackwardWeights(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14), word(tape, 15), word(tape, 16), word(tape, 17), word(tape, 18), word(tape, 19), word(tape, 20), word(tape, 21), address(tape, 22)); break;
      case 35: augment(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 36: maxPoolForward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 37: maxPoolBackward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14)); break;
      case 38: avgPoolForward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 39: avgPoolBackward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 40: globalAvgPoolForward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 41: globalAvgPoolBackward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5)); break;
      case 42: sequenceMeanForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 43: sequenceMeanBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 44: upsampleForward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 45: upsampleBackward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 46: positionSums(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 47: lastPositionForward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 48: lastPositionBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 49: gruForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11)); break;
      case 50: gruBackward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 51: lstmForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 52: lstmBackward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 53: attentionForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14), double(tape, 15), address(tape, 17)); break;
      case 54: attentionNext(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 55: attentionBackward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14), word(tape, 15), word(tape, 16), double(tape, 17), address(tape, 19)); break;
      case 56: rotate(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 57: zeroPadding(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5)); break;
      case 58: weighLosses(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 59: averageWeights(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4)); break;
      case 60: maxNorm(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4), word(tape, 5), double(tape, 6)); break;
      case 61: clip(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 62: takeHyper(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 63: noteStep(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), word(tape, 6), word(tape, 7), address(tape, 8)); break;
      case 64: identityForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 65: identityBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 66: sigmoidForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 67: sigmoidBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 68: tanhForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 69: tanhBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 70: reluForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 71: reluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 72: leakyReluForward(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 73: leakyReluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), double(tape, 5)); break;
      case 74: eluForward(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 75: eluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), double(tape, 5)); break;
      case 76: geluForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 77: geluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 78: siluForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 79: siluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 80: softplusForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 81: softplusBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 82: softsignForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 83: softsignBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 84: stepForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 85: stepBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 86: mse(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 87: quadratic(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 88: softmaxCrossEntropy(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 89: smoothedCrossEntropy(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), double(tape, 8)); break;
      case 90: binaryCrossEntropy(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 91: mae(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 92: huber(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), double(tape, 8)); break;
      case 93: sgd(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4)); break;
      case 94: sgdMomentum(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 95: adam(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6)); break;
      case 96: adamw(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6)); break;
      case 97: rmsprop(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 98: rmspropMomentum(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6)); break;
      case 99: adagrad(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 100: lion(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 101: sgdOfMean(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), word(tape, 7), address(tape, 8)); break;
      case 102: sgdMomentumOfMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 103: adamOfMean(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), address(tape, 10)); break;
      case 104: adamwOfMean(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), address(tape, 10)); break;
      case 105: rmspropOfMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 106: rmspropMomentumOfMean(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), address(tape, 10)); break;
      case 107: adagradOfMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 108: lionOfMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 109: play(address(tape, 1), word(tape, 2)); break;
      default: unreachable();
    }
  }
}

/** Plays a tape up to `times` times, until `stop` is not 0 afterwards. Returns how many times it did. */
export function playTimes(tape: usize, calls: i32, times: i32, stop: usize): i32 {
  for (let k = 1; k <= times; k++) {
    play(tape, calls);
    if (load<f64>(stop) != 0) return k;
  }
  return times;
}

/** Word `i` of a call, an address. */
@inline function address(call: usize, i: usize): usize {
  return load<usize>(call + 4 * i);
}

/** Word `i` of a call, a whole number. */
@inline function word(call: usize, i: usize): i32 {
  return load<i32>(call + 4 * i);
}

/** Words `i` and `i` + 1 of a call, a double. */
@inline function double(call: usize, i: usize): f64 {
  return load<f64>(call + 4 * i);
}
