import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buildNetwork, createLoss, type Model } from '@gradloom/core';
import { hasProbabilities, ofImages, typeOf } from '@gradloom/core/internal';
import { loadMnist, loadModel, saveModel, type TrainOptions, train } from '@gradloom/runtime';
import { presets } from '../../files/datasets/presets.ts';
import { UsageError } from '../../terminal/failure.ts';
import { stackedNetwork } from '../train/stacked-network.ts';
import { type DigitFile, digitKinds } from './digit-file.ts';

/** Pixels of a digit of MNIST. */
const PIXELS = 784;

/** Increased whenever the standard model would be another one. */
const VERSION = 1;

/**
 * The standard model: from the cache of this user, or trained, which takes half a minute, and kept there.
 * @throws Error if `signal` ends the training.
 */
export async function standardModel(options: Pick<TrainOptions, 'onEvent' | 'signal'> = {}): Promise<Model> {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'gradloom');
  const path = join(folder, `digits-${VERSION}.gradloom`);
  try {
    return loadModel(path);
  } catch {
    // It is missing or damaged.
  }
  const { train: rows } = await loadMnist();
  const { optimizer, schedule, batch } = presets.mnist;
  const loss = 'softmax-cross-entropy';
  const spec = stackedNetwork({ hidden: [64], activation: { kind: 'relu' } }, rows, createLoss(loss));
  const run = train(spec, { train: rows }, { loss, optimizer, schedule, batch, epochs: 3, seed: 0, ...options });
  const { parameters, fused } = await run;
  if (options.signal?.aborted) throw new Error(`The server has ended (${options.signal.reason}) before its model.`);
  mkdirSync(folder, { recursive: true });
  saveModel(path, { spec, parameters, loss, fused, metadata: { divisor: 255 } });
  return loadModel(path);
}

/** The model as the page fetches it. @throws UsageError for one that does not read digits. */
export function digitFile({ spec, parameters, loss, metadata, preprocessing, parts }: Model): DigitFile {
  const { inputs, outputs, allLayers } = buildNetwork(spec, parts?.customParts);
  const labels = metadata.labels ?? Array.from({ length: outputs }, (_, c) => String(c));
  if (inputs !== PIXELS || loss === undefined || !hasProbabilities(createLoss(loss)) || outputs !== labels.length) {
    const expected = `a model of ${PIXELS} pixels and classes, such as gradloom train --dataset mnist makes`;
    throw new UsageError(`--model has ${inputs} inputs and ${outputs} outputs, expected ${expected}`);
  }
  if (ofImages(preprocessing)?.image.scale !== undefined || (parts?.modules.length ?? 0) > 0) {
    throw new UsageError('--model has standardized pixels or parts of its own, expected pixels from 0 to 1 and none');
  }
  // A layer that is used once more has the spec of that layer.
  const other = allLayers.find(({ spec: { kind } }) => !(digitKinds as readonly string[]).includes(kind));
  if (other !== undefined) {
    throw new UsageError(
      `--model has a layer ${other.spec.kind}, expected kinds that the page has: ${digitKinds.join(', ')}`,
    );
  }
  return { spec, loss, labels, precision: typeOf(parameters), parameters: Array.from(parameters) };
}
