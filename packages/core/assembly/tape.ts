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
  upsampleBackward,
  upsampleForward,
  weighLosses,
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
      case 10: dropout(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), double(tape, 9)); break;
      case 11: channelDropout(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), double(tape, 11)); break;
      case 12: layerNormForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), word(tape, 7), word(tape, 8), double(tape, 9)); break;
      case 13: layerNormBackwardWeights(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 14: layerNormBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9)); break;
      case 15: leafSums(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 16: leafSquares(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 17: leafGradients(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11)); break;
      case 18: leafMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 19: leafTotal(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 20: batchNormScales(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 21: batchNormForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 22: batchNormBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), word(tape, 10)); break;
      case 23: movingAverage(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4), double(tape, 6)); break;
      case 24: rmsNormForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), double(tape, 7)); break;
      case 25: rmsNormBackwardWeights(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10)); break;
      case 26: rmsNormBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 27: gateForward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 28: gateBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 29: embeddingForward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5)); break;
      case 30: embeddingBackward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13)); break;
      case 31: convForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14), word(tape, 15), word(tape, 16), word(tape, 17), word(tape, 18), word(tape, 19), word(tape, 20), address(tape, 21)); break;
      case 32: convBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14), word(tape, 15), word(tape, 16), word(tape, 17), word(tape, 18), word(tape, 19), address(tape, 20)); break;
      case 33: convBackwardWeights(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14), word(tape, 15), word(tape, 16), word(tape, 17), word(tape, 18), word(tape, 19), word(tape, 20), word(tape, 21), address(tape, 22)); break;
      case 34: augment(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 35: maxPoolForward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 36: maxPoolBackward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12), word(tape, 13), word(tape, 14)); break;
      case 37: avgPoolForward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 38: avgPoolBackward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), word(tape, 10), word(tape, 11), word(tape, 12)); break;
      case 39: globalAvgPoolForward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 40: globalAvgPoolBackward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5)); break;
      case 41: sequenceMeanForward(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 42: sequenceMeanBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 43: upsampleForward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 44: upsampleBackward(address(tape, 1), address(tape, 2), word(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 45: positionSums(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 46: lastPositionForward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 47: lastPositionBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6)); break;
      case 48: weighLosses(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 49: averageWeights(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4)); break;
      case 50: maxNorm(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4), word(tape, 5), double(tape, 6)); break;
      case 51: clip(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 52: takeHyper(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 53: noteStep(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), word(tape, 6), word(tape, 7), address(tape, 8)); break;
      case 54: identityForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 55: identityBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 56: sigmoidForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 57: sigmoidBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 58: tanhForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 59: tanhBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 60: reluForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 61: reluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 62: leakyReluForward(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 63: leakyReluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), double(tape, 5)); break;
      case 64: eluForward(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 65: eluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), double(tape, 5)); break;
      case 66: geluForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 67: geluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 68: siluForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 69: siluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 70: softplusForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 71: softplusBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 72: softsignForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 73: softsignBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 74: stepForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 75: stepBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 76: mse(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 77: quadratic(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 78: softmaxCrossEntropy(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 79: smoothedCrossEntropy(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), double(tape, 8)); break;
      case 80: binaryCrossEntropy(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 81: mae(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 82: huber(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), double(tape, 8)); break;
      case 83: sgd(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4)); break;
      case 84: sgdMomentum(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 85: adam(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6)); break;
      case 86: adamw(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6)); break;
      case 87: rmsprop(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 88: rmspropMomentum(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6)); break;
      case 89: adagrad(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 90: lion(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 91: sgdOfMean(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4), address(tape, 5), address(tape, 6), word(tape, 7), address(tape, 8)); break;
      case 92: sgdMomentumOfMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 93: adamOfMean(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), address(tape, 10)); break;
      case 94: adamwOfMean(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), address(tape, 10)); break;
      case 95: rmspropOfMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 96: rmspropMomentumOfMean(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), address(tape, 10)); break;
      case 97: adagradOfMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 98: lionOfMean(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), address(tape, 6), address(tape, 7), word(tape, 8), address(tape, 9)); break;
      case 99: play(address(tape, 1), word(tape, 2)); break;
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
