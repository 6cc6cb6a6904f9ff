// Written by npm run build:tape from src/kernels/wasm-ops.ts. Do not edit.
import {
  adam,
  adamOfMean,
  adamw,
  adamwOfMean,
  add,
  affine,
  affineBackwardInput,
  affineBackwardWeights,
  averageRows,
  clip,
  geluBackward,
  geluForward,
  mse,
  noteStep,
  reluBackward,
  reluForward,
  scale,
  sgd,
  sgdMomentum,
  sigmoidBackward,
  sigmoidForward,
  softmaxCrossEntropy,
  takeHyper,
  tanhBackward,
  tanhForward,
} from './kernels';

/** Bytes of a call on the tape. */
const CALL: usize = 64;

/** Makes the calls on the tape, one after the other. */
export function play(tape: usize, calls: i32): void {
  for (; calls > 0; calls--, tape += CALL) {
    switch (load<i32>(tape)) {
      case 0: affine(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), address(tape, 8)); break;
      case 1: affineBackwardInput(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), word(tape, 5), word(tape, 6), address(tape, 7)); break;
      case 2: affineBackwardWeights(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8), word(tape, 9), address(tape, 10)); break;
      case 3: averageRows(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5), word(tape, 6), double(tape, 7)); break;
      case 4: add(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 5: scale(address(tape, 1), word(tape, 2), address(tape, 3)); break;
      case 6: clip(address(tape, 1), address(tape, 2), word(tape, 3), double(tape, 4)); break;
      case 7: takeHyper(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 8: noteStep(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), address(tape, 5), word(tape, 6), word(tape, 7), word(tape, 8)); break;
      case 9: reluForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 10: reluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 11: sigmoidForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 12: sigmoidBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 13: tanhForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 14: tanhBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 15: geluForward(address(tape, 1), address(tape, 2), word(tape, 3)); break;
      case 16: geluBackward(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4)); break;
      case 17: softmaxCrossEntropy(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 18: mse(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), word(tape, 6), word(tape, 7)); break;
      case 19: sgd(address(tape, 1), address(tape, 2), word(tape, 3), address(tape, 4)); break;
      case 20: sgdMomentum(address(tape, 1), address(tape, 2), address(tape, 3), word(tape, 4), address(tape, 5)); break;
      case 21: adam(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6)); break;
      case 22: adamw(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6)); break;
      case 23: adamOfMean(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), double(tape, 10)); break;
      case 24: adamwOfMean(address(tape, 1), address(tape, 2), address(tape, 3), address(tape, 4), word(tape, 5), address(tape, 6), address(tape, 7), address(tape, 8), word(tape, 9), double(tape, 10)); break;
      case 25: play(address(tape, 1), word(tape, 2)); break;
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
