import {
  buildNetwork,
  createLoss,
  createPredictor,
  type LossSpec,
  type NetworkSpec,
  type Predictor,
  referenceKernels,
} from '@gradloom/core';
import {
  allocateOwn,
  bindGradients,
  bindTensors,
  createInputGradient,
  createWorkspace,
  gradientLength,
  type InputGradient,
  NO_SHARE,
  reasonOf,
  toProbabilities,
  typeOf,
} from '@gradloom/core/internal';
import type { DigitFile } from '../../src/commands/playground/digit-file.ts';
import { SIDE } from './digit-image.ts';
import type { DigitAnswer, Failed } from './messages.ts';

/** Reads drawn digits by a model that is fetched for the first of them. */
export interface Digits {
  answer(pixels: Float64Array): Promise<DigitAnswer | Failed>;
}

/** File of the model, beside the page. */
const MODEL = 'digits.json';

interface Opened {
  readonly predict: Predictor;
  readonly gradient: InputGradient;
  readonly loss: LossSpec;
  readonly labels: readonly string[];
}

export function createDigits(fetchFile: (name: string) => Promise<ArrayBuffer>): Digits {
  let opening: Promise<Opened> | null = null;
  return {
    async answer(pixels) {
      try {
        opening ??= fetchFile(MODEL).then((bytes) => open(JSON.parse(new TextDecoder().decode(bytes))));
        return answerOf(await opening, pixels);
      } catch (error) {
        opening = null;
        return { kind: 'failed', run: null, sentence: reasonOf(error) };
      }
    },
  };
}

function open({ spec, loss, labels, precision, parameters: numbers }: DigitFile): Opened {
  const network = buildNetwork(spec as NetworkSpec);
  const parameters = precision === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers);
  const allocate = allocateOwn(typeOf(parameters));
  const workspace = createWorkspace(network, createLoss(loss), 1, allocate, NO_SHARE);
  const gradients = bindGradients(network, allocate(gradientLength(network)));
  const tensors = bindTensors(network, parameters);
  const gradient = createInputGradient(network, workspace, tensors, gradients, referenceKernels);
  return { predict: createPredictor(network, parameters), gradient, loss, labels };
}

/** Probabilities, and the gradient of the answer's output times each pixel. */
function answerOf({ predict, gradient, loss, labels }: Opened, pixels: Float64Array): DigitAnswer {
  const outputs = predict(pixels);
  toProbabilities('digits', createLoss(loss), outputs, outputs.length);
  const answer = outputs.indexOf(Math.max(...outputs));
  const slopes = gradient(
    pixels,
    Float64Array.from(outputs, (_, o) => (o === answer ? 1 : 0)),
  );
  const matter = Float32Array.from({ length: SIDE * SIDE }, (_, i) => slopes[i] * pixels[i]);
  return { kind: 'digit', probabilities: [...outputs], labels, matter };
}
