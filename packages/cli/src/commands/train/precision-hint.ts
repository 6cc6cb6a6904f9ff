import { availableParallelism } from 'node:os';
import { buildNetwork } from '@gradloom/core';
import { layerFacts } from '@gradloom/core/internal';
import { train } from '@gradloom/runtime';
import { estimateMs, rowsPerStep } from '@gradloom/runtime/internal';
import { customParts } from '../../options/custom-parts.ts';
import { duration, plural } from '../../terminal/text/format.ts';
import { isTextData, type Recipe } from './recipe.ts';

/** Products of doubles of a thread in a millisecond, at most. A step takes those of a forward pass three times. */
const PRODUCTS_PER_MS = 2 ** 25;
const PASSES = 3;

/** A run that takes at least so long at the processor's limit is measured: most take a few times as long. */
const MIN_MS = 10_000;

/** A run that takes so long gets a hint. */
const LONG_MS = 60_000;

/** Time for the steps that are measured, in each precision. */
const TRIAL_MS = 600;

/** A network with more parameters is not measured: the memory of a trial may be what the run needs. */
const MAX_PARAMETERS = 2e7;

/** A hint saves at least this share of the time. */
const MIN_SAVED = 0.2;

/**
 * A sentence for a run of images or texts that takes more than a minute in float64 by default: how long it takes with
 * `--precision float32`. Both times are measured on steps that are discarded. Null for other runs.
 */
export async function precisionHint(
  { spec, sets, options }: Pick<Recipe, 'spec' | 'sets' | 'options'>,
  run = train,
): Promise<string | null> {
  const isImages = sets.train.inputs.shape?.length === 3;
  if (options.precision !== undefined || !(isImages || isTextData(sets.train))) return null;
  const network = buildNetwork(spec, customParts());
  const { epochs = 1, steps, batch = 'full', accumulate = 1 } = options;
  // Such a run takes all cores in the end. A trial has no time to find that out.
  const threads = typeof options.threads === 'number' ? options.threads : availableParallelism();
  const rows = steps === undefined ? epochs * sets.train.rows : steps * rowsPerStep({ batch, accumulate }, sets.train);
  const products = layerFacts(network).reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0) * rows * PASSES;
  if (products < MIN_MS * PRODUCTS_PER_MS * threads) return null;
  if (network.parameterCount > MAX_PARAMETERS) return null;
  try {
    const doublesMs = await estimateMs(spec, sets, { ...options, threads }, TRIAL_MS, run);
    if (doublesMs < LONG_MS) return null;
    const floatsMs = await estimateMs(spec, sets, { ...options, threads, precision: 'float32' }, TRIAL_MS, run);
    if (floatsMs > (1 - MIN_SAVED) * doublesMs) return null;
    const length = steps === undefined ? plural(epochs, 'epoch') : plural(steps, 'step');
    return `measured: training for ${length} takes ${duration(doublesMs)}, and ${duration(floatsMs)} with --precision float32`;
  } catch {
    return null; // the run itself says what is wrong
  }
}
