import { networks, option, show } from '@gradloom/core/internal';
import { isRecord } from './read-object.ts';

/** A network: the path of a file or, in a config file, the spec itself. */
export const networkFile = option.kind((_where, name, raw): string | Record<string, unknown> => {
  if ((typeof raw === 'string' && raw !== '') || isRecord(raw)) return raw;
  throw new Error(`${name} has ${show(raw)}, expected a JSON file such as network.json`);
});

const known = option.oneOf(networks);

/** The name of a known network. A path, or the JSON of a network, is refused with the flag that takes it. */
export const networkName = option.checkedBy(
  known.wanted,
  known.isValid,
  { choices: Object.keys(networks) },
  (wanted, value) =>
    typeof value === 'string' && /[./\\{]/.test(value) ? `${wanted} (--spec takes a file)` : known.wantedFor(value),
);
