import { show } from '@gradloom/core/internal';
import type { Kind, OptionTable } from '../../options/option.ts';
import { knownKey } from '../../options/words.ts';
import { commonOptions } from './experiment.ts';
import { experiments } from './index.ts';

/** Some keys of a table, each once: 'neuron,loss'. */
const keyList = <T extends object>(table: T): Kind<readonly (keyof T & string)[]> => ({
  parse(name, raw) {
    const words: readonly unknown[] = typeof raw === 'string' ? raw.split(',').map((word) => word.trim()) : [raw];
    const keys = words.map((word) => knownKey(name, word, table));
    const twice = keys.find((key, k) => keys.indexOf(key) < k);
    if (twice === undefined) return keys;
    throw new Error(`${name} has ${show(twice)} twice, expected each once`);
  },
  choices: Object.keys(table),
});

/** Options of a run of all experiments in turn. */
export const allOptions = {
  only: { group: 'Run', ...keyList(experiments), describe: 'experiments to run, such as neuron,xor (default: all)' },
  ...commonOptions,
} satisfies OptionTable;
