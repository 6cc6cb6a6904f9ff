import type { Augmentation } from '@gradloom/core';
import type { OptionValues } from '@gradloom/core/internal';
import { type TrainOptions, trainOptions } from '../run/options.ts';
import type { RunRecord } from './checkpoint.ts';

/** Options that a checkpoint has in other words, or that only say how long the run is. */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set<keyof TrainOptions>([
  ...(['loss', 'optimizer', 'schedule', 'batch', 'accumulate', 'epochs', 'steps', 'shuffle', 'seed'] as const),
  ...(['clipNorm', 'rateChanges', 'evaluateEvery', 'patience', 'minDelta', 'monitor'] as const),
]);

/** All other options that decide the result, where they differ from their defaults. */
export type RecordedOptions = Pick<
  RunRecord,
  'precision' | 'rateChanges' | 'classWeight' | 'maxNorm' | 'ema' | 'onNan' | Exclude<keyof Augmentation, 'shape'>
>;

/** Picks the options that a checkpoint records, so that a resume can compare them. */
export const recordedOptions = (options: OptionValues<typeof trainOptions.table>): RecordedOptions =>
  Object.fromEntries(
    Object.entries(trainOptions.table).flatMap(([name, stated]) => {
      const value = options[name as keyof TrainOptions];
      const isRecorded = 'effect' in stated && stated.effect === 'result' && !TOLD_OTHERWISE.has(name);
      return isRecorded && value !== stated.standard ? [[name, value]] : [];
    }),
  );
