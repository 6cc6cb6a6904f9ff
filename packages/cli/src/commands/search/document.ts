import { monitors } from '@gradloom/runtime/options';
import { formatValue } from '../../options/member.ts';
import { readValue } from '../../options/option.ts';
import { trainOptions } from '../train/options.ts';
import type { MetricName, SearchConfig } from './config.ts';
import type { Standing } from './outcome.ts';
import type { Dimension, SearchedKey } from './space.ts';
import type { Round, Trial } from './trials.ts';

/** Contents of search.json and of the last line of --json. */
export interface SearchDocument {
  readonly event: 'search' | 'done';
  readonly file: string;
  readonly method: SearchConfig['method'];
  readonly seed: number;
  readonly folds: number | null;
  readonly metric: MetricName;
  readonly isHigherBetter: boolean;
  readonly rounds: readonly Round[];
  readonly searched: readonly { readonly key: string; readonly log: boolean }[];
  readonly trials: readonly (Standing & { readonly values: readonly SearchedValue[] })[]; // best trial first
  readonly left: number; // trials that have not been measured yet
  readonly stopped: boolean;
  readonly best: { readonly trial: number; readonly command: string } | null;
}

/** A number, or the text of any other value. */
export type SearchedValue = number | string;

interface SearchState {
  readonly file: string;
  readonly config: SearchConfig;
  readonly space: readonly Dimension[];
  readonly trials: readonly Trial[];
  readonly rounds: readonly Round[];
  readonly standings: readonly Standing[];
  readonly metric: MetricName;
  readonly stopped: boolean;
}

export function documentOf(search: SearchState): Omit<SearchDocument, 'best'> {
  const { config, space, trials, standings, metric } = search;
  return {
    event: 'search',
    file: search.file,
    method: config.method,
    seed: config.seed,
    folds: config.folds,
    metric,
    isHigherBetter: monitors[metric].isHigherBetter,
    rounds: search.rounds,
    searched: space.map((dimension) => ({ key: dimension.key, log: dimension.kind === 'range' && dimension.log })),
    trials: standings.map((standing) => ({
      ...standing,
      values: space.map(({ key }) => valueText(key, trials[standing.trial - 1].point[key])),
    })),
    left: trials.length - standings.length,
    stopped: search.stopped,
  };
}

/** A value as typed for train, unless it is a number. */
const valueText = (key: SearchedKey, value: unknown): SearchedValue =>
  typeof value === 'number' ? value : formatValue(readValue(trainOptions[key], key, value));
