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
  allocateEach,
  bindTensors,
  createInputGradient,
  createWorkspace,
  INPUT_GRADIENT,
  type InputGradient,
  reasonOf,
  toProbabilities,
  typeOf,
} from '@gradloom/core/internal';
import type { DigitFile, DigitLine } from '../../src/commands/playground/digit-file.ts';
import { SIDE } from './digit-image.ts';
import type { DigitAnswer, FailureMessage } from './messages.ts';

/** Reads drawn digits by a model that is fetched for the first of them. */
export interface Digits {
  answer(pixels: Float64Array): Promise<DigitAnswer | FailureMessage>;
}

/** File of the model, beside the page. */
const MODEL = 'digits.json';

interface DigitModel {
  readonly predict: Predictor;
  readonly gradient: InputGradient;
  readonly loss: LossSpec;
  readonly labels: readonly string[];
}

/** While the server trains the model, `onTraining` gets the share of the training that is done. */
export function createDigits(
  fetchFile: (name: string) => Promise<Response>,
  onTraining: (share: number) => void,
): Digits {
  let model: Promise<DigitModel> | null = null;
  return {
    async answer(pixels) {
      try {
        model ??= fetchFile(MODEL).then(async ({ body }) => createModel(await readModelFile(body, onTraining)));
        return answerOf(await model, pixels);
      } catch (error) {
        model = null;
        return { kind: 'failed', run: null, sentence: reasonOf(error) };
      }
    },
  };
}

/** Reads the lines of an answer up to the model. @throws Error with the reason if there is none. */
async function readModelFile(body: Response['body'], onTraining: (share: number) => void): Promise<DigitFile> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let buffer = ''; ; ) {
    const { done = true, value = '' } = (await reader?.read()) ?? {};
    buffer += value;
    if (!done && !value.includes('\n')) continue;
    const lines = buffer.split('\n');
    if (!done) buffer = lines.pop() ?? '';
    for (const line of lines.filter((text) => text.trim() !== '')) {
      const message = JSON.parse(line) as DigitLine;
      if ('error' in message) throw new Error(message.error);
      if ('share' in message) onTraining(message.share);
      else return message;
    }
    if (done) throw new Error(`${MODEL} ends before its model, expected all of it`);
  }
}

function createModel({ spec, loss, labels, precision, parameters: numbers }: DigitFile): DigitModel {
  const network = buildNetwork(spec as NetworkSpec);
  const parameters = precision === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers);
  const allocate = allocateEach(typeOf(parameters));
  const workspace = createWorkspace(network, createLoss(loss), 1, allocate, INPUT_GRADIENT);
  const tensors = bindTensors(network, parameters);
  const gradient = createInputGradient(network, workspace, tensors, referenceKernels);
  return { predict: createPredictor(network, parameters), gradient, loss, labels };
}

/** Probabilities, and the gradient of the answer's output times each pixel. */
function answerOf({ predict, gradient, loss, labels }: DigitModel, pixels: Float64Array): DigitAnswer {
  const outputs = predict(pixels);
  toProbabilities('digits', createLoss(loss), outputs, outputs.length);
  const answer = outputs.indexOf(Math.max(...outputs));
  const inputGradient = gradient(
    pixels,
    Float64Array.from(outputs, (_, o) => (o === answer ? 1 : 0)),
  );
  const attribution = Float32Array.from({ length: SIDE * SIDE }, (_, i) => inputGradient[i] * pixels[i]);
  return { kind: 'digit', probabilities: [...outputs], labels, attribution };
}
