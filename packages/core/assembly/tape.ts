import {
  geluBackward, geluForward, reluBackward, reluForward, sigmoidBackward, sigmoidForward, tanhBackward, tanhForward,
} from './activations';
import { adam, adamw } from './adam';
import { affine, affineBackwardInput } from './affine';
import { affineBackwardWeights } from './affine-weights';
import { averageRows } from './average-rows';
import { mse } from './mse';
import { sgd, sgdMomentum } from './sgd';
import { softmaxCrossEntropy } from './softmax-cross-entropy';
import { add } from './vectors';

/** Bytes of a call on the tape: the kernel's number and up to ten arguments, a word each. */
const CALL: usize = 48;

/**
 * Calls kernels with the arguments on the tape, one after the other; numbers and layout as src/kernels/wasm-tape.ts.
 */
export function play(tape: usize, calls: i32): void {
  for (; calls > 0; calls--, tape += CALL) {
    switch (load<i32>(tape)) {
      case 0: affine(p(tape, 1), p(tape, 2), p(tape, 3), p(tape, 4), n(tape, 5), n(tape, 6), n(tape, 7), p(tape, 8)); break;
      case 1:
        affineBackwardInput(p(tape, 1), p(tape, 2), p(tape, 3), n(tape, 4), n(tape, 5), n(tape, 6), p(tape, 7));
        break;
      case 2:
        affineBackwardWeights(
          p(tape, 1), p(tape, 2), p(tape, 3), p(tape, 4), n(tape, 5), n(tape, 6), n(tape, 7), n(tape, 8), n(tape, 9),
          p(tape, 10),
        );
        break;
      case 3: reluForward(p(tape, 1), p(tape, 2), n(tape, 3)); break;
      case 4: reluBackward(p(tape, 1), p(tape, 2), p(tape, 3), n(tape, 4)); break;
      case 5: sigmoidForward(p(tape, 1), p(tape, 2), n(tape, 3)); break;
      case 6: sigmoidBackward(p(tape, 1), p(tape, 2), p(tape, 3), n(tape, 4)); break;
      case 7: tanhForward(p(tape, 1), p(tape, 2), n(tape, 3)); break;
      case 8: tanhBackward(p(tape, 1), p(tape, 2), p(tape, 3), n(tape, 4)); break;
      case 9: geluForward(p(tape, 1), p(tape, 2), n(tape, 3)); break;
      case 10: geluBackward(p(tape, 1), p(tape, 2), p(tape, 3), n(tape, 4)); break;
      case 11:
        softmaxCrossEntropy(p(tape, 1), p(tape, 2), p(tape, 3), p(tape, 4), n(tape, 5), n(tape, 6), n(tape, 7));
        break;
      case 12: mse(p(tape, 1), p(tape, 2), p(tape, 3), p(tape, 4), n(tape, 5), n(tape, 6), n(tape, 7)); break;
      case 13:
        averageRows(p(tape, 1), p(tape, 2), p(tape, 3), n(tape, 4), p(tape, 5), n(tape, 6), <f64>n(tape, 7));
        break;
      case 14: add(p(tape, 1), p(tape, 2), n(tape, 3)); break;
      case 15: sgd(p(tape, 1), p(tape, 2), n(tape, 3), p(tape, 4)); break;
      case 16: sgdMomentum(p(tape, 1), p(tape, 2), p(tape, 3), n(tape, 4), p(tape, 5)); break;
      case 17: adam(p(tape, 1), p(tape, 2), p(tape, 3), p(tape, 4), n(tape, 5), p(tape, 6)); break;
      case 18: adamw(p(tape, 1), p(tape, 2), p(tape, 3), p(tape, 4), n(tape, 5), p(tape, 6)); break;
      default: unreachable();
    }
  }
}

/** Word `i` of a call, an address. */
@inline function p(call: usize, i: usize): usize {
  return load<usize>(call + 4 * i);
}

/** Word `i` of a call, a number. */
@inline function n(call: usize, i: usize): i32 {
  return load<i32>(call + 4 * i);
}
