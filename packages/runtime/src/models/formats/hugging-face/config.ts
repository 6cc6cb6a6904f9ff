import { show } from '@gradloom/core/internal';
import type { FileFault } from '../../../system/files/file-fault.ts';

/** The object in config.json. */
export type Config = Readonly<Record<string, unknown>>;

/** Maximum number of layers, and of numbers along one axis of a tensor. */
const [MAX_LAYERS, MAX_EXTENT] = [1024, 1 << 24];

/**
 * Reads the entries of config.json. A default stands for an entry that is missing or null.
 * @throws Error of `fault` naming the entry, its value and what was expected.
 */
export function readerOf(config: Config, fault: FileFault) {
  function entryOf<T>(
    name: string,
    standard: T | undefined,
    isValid: (value: unknown) => boolean,
    expected: string,
  ): T {
    const value = config[name] ?? standard;
    if (isValid(value)) return value as T;
    throw fault(value === undefined ? `no ${name}` : `${name} ${show(value)}`, expected);
  }
  const wholeUpTo = (max: number) => (name: string, standard?: number) =>
    entryOf(
      name,
      standard,
      (value) => Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max,
      `a whole number from 1 to ${max}`,
    );
  return {
    /** Makes errors about the config. */
    fault,
    layers: wholeUpTo(MAX_LAYERS),
    extent: wholeUpTo(MAX_EXTENT),
    number: (name: string, standard?: number) =>
      entryOf(name, standard, (value) => Number.isFinite(value) && (value as number) > 0, 'a number above 0'),
    rate: (name: string, standard = 0) =>
      entryOf(
        name,
        standard,
        (value) => Number.isFinite(value) && (value as number) >= 0 && (value as number) < 1,
        'a number from 0 to below 1',
      ),
    flag: (name: string, standard: boolean) =>
      entryOf(name, standard, (value) => typeof value === 'boolean', 'true or false'),
    /** One of the keys of a table. Returns its value. */
    oneOf<T>(name: string, table: Readonly<Record<string, T>>, standard?: string): T {
      const key = entryOf<string>(
        name,
        standard,
        (value) => typeof value === 'string' && Object.hasOwn(table, value),
        `one of ${Object.keys(table).join(', ')}`,
      );
      return table[key];
    },
    /** @throws Error if an entry that changes the network has another value than the one that is supported. */
    requireOnly(name: string, supported: boolean | string): void {
      entryOf(name, supported, (value) => value === supported, `${show(supported)}, which alone is supported`);
    },
  };
}

/** What `readerOf` returns. */
export type ConfigReader = ReturnType<typeof readerOf>;
