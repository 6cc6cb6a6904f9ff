import { OptionError } from '@gradloom/core';
import { findNetwork, networkNames, option, show, suggest } from '@gradloom/core/internal';
import { isRecord } from './read-object.ts';

/** A network: the path of a file or, in a config file, the spec itself. */
export const networkFile = option.kind((_where, name, raw): string | Record<string, unknown> => {
  if ((typeof raw === 'string' && raw !== '') || isRecord(raw)) return raw;
  throw new Error(`${name} has ${show(raw)}, expected a JSON file such as network.json`);
});

/** The name of a known network. A path, or the JSON of a network, is refused with the flag that takes it. */
export const networkName = option.kind(
  (_where, name, raw): string => {
    try {
      if (typeof raw === 'string' && findNetwork(raw) !== undefined) return raw;
    } catch (error) {
      if (!(error instanceof OptionError)) throw error;
      const [option] = error.options;
      const about = option === 'network' ? name : `${name} ${raw}: ${option}`;
      throw new Error(`${about} ${error.problem}`, { cause: error });
    }
    const expected = `one of ${networkNames.join(', ')}`;
    const isFile = typeof raw === 'string' && /[./\\{]/.test(raw);
    const hint = isFile ? ' (--spec takes a file)' : suggest(raw, networkNames);
    throw new Error(`${name} has ${show(raw)}, expected ${expected}${hint}`);
  },
  { choices: networkNames },
);
