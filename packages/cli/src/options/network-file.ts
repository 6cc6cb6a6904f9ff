import { option, show } from '@gradloom/core/internal';
import { isRecord } from './read-object.ts';

/** A network: the path of a file or, in a config file, the spec itself. */
export const networkFile = option.kind((_where, name, raw): string | Record<string, unknown> => {
  if ((typeof raw === 'string' && raw !== '') || isRecord(raw)) return raw;
  throw new Error(`${name} has ${show(raw)}, expected a JSON file such as network.json`);
});
