import { option, show } from '@gradloom/core/internal';
import { type OptionTable, readValue } from '../../options/option.ts';
import { commonOptions } from './experiment.ts';
import { experiments } from './index.ts';

/** Some keys of a table, each once: 'neuron,loss'. */
const keyList = <T extends object>(table: T): option.Kind<readonly (keyof T & string)[]> =>
  option.kind(
    (_where, name, raw): readonly (keyof T & string)[] => {
      const words: readonly unknown[] = typeof raw === 'string' ? raw.split(',').map((word) => word.trim()) : [raw];
      const keys = words.map((word) => readValue(option.oneOf(table), name, word));
      const twice = keys.find((key, k) => keys.indexOf(key) < k);
      if (twice === undefined) return keys;
      throw new Error(`${name} has ${show(twice)} twice, expected each once`);
    },
    { choices: Object.keys(table) },
  );

/** Options of a run of all experiments in turn. */
export const allOptions = {
  only: { group: 'Run', ...keyList(experiments)(undefined, 'experiments to run, such as neuron,xor', 'all') },
  ...commonOptions,
} satisfies OptionTable;
