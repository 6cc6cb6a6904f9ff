import { monitors } from '@gradloom/runtime/options';
import { formatValue } from '../../options/member.ts';
import { readValue } from '../../options/option.ts';
import { trainOptions } from '../train/options.ts';
import type { MetricName, SearchConfig } from './config.ts';
import type { OpenedSearch } from './open-search.ts';
import type { Standing } from './outcome.ts';
import type { SearchedKey } from './space.ts';
import type { Round } from './trials.ts';

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

export function documentOf(
  file: string,
  { method, seed, folds }: SearchConfig,
  { space, trials, metric }: Pick<OpenedSearch, 'space' | 'trials' | 'metric'>,
  rounds: readonly Round[],
  standings: readonly Standing[],
  stopped: boolean,
): Omit<SearchDocument, 'best'> {
  return {
    event: 'search',
    file,
    method,
    seed,
    folds,
    metric,
    isHigherBetter: monitors[metric].isHigherBetter,
    rounds,
    searched: space.map((dimension) => ({ key: dimension.key, log: dimension.kind === 'range' && dimension.log })),
    trials: standings.map((standing) => ({
      ...standing,
      values: space.map(({ key }) => valueText(key, trials[standing.trial - 1].point[key])),
    })),
    left: trials.length - standings.length,
    stopped,
  };
}

/** A value as typed for train, unless it is a number. */
const valueText = (key: SearchedKey, value: unknown): SearchedValue =>
  typeof value === 'number' ? value : formatValue(readValue(trainOptions[key], key, value));
