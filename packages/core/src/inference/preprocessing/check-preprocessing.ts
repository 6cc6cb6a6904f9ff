import { OptionError } from '../../checks/option-error.ts';
import { show } from '../../checks/show.ts';
import type { ColumnEncoding, Preprocessing, TargetDecoding } from './preprocessing.ts';

/**
 * Validates a preprocessing, which may come from any file, and returns it.
 * @throws OptionError naming the invalid part, its value and what was expected.
 */
export function checkPreprocessing(where: string, value: unknown): Preprocessing {
  const whole = fieldsOf(where, 'preprocessing', value, ['version', 'columns', 'target']);
  if (whole.version !== 1) {
    fail(where, 'preprocessing.version', whole.version, '1 (a newer Gradloom may read it)');
  }
  const columns = listOf(where, 'preprocessing.columns', whole.columns).map((column, c) =>
    checkColumn(where, `preprocessing.columns.${c}`, column),
  );
  const target = listOf(where, 'preprocessing.target', whole.target).map((decoding, t) =>
    checkTarget(where, `preprocessing.target.${t}`, decoding),
  );
  const names = new Set<string>();
  for (const [c, { name }] of columns.entries()) {
    if (names.has(name)) fail(where, `preprocessing.columns.${c}.name`, name, 'each name once');
    names.add(name);
  }
  if (target.length > 1) {
    const at = target.findIndex(({ type }) => type === 'classes');
    if (at !== -1) fail(where, `preprocessing.target.${at}.type`, 'classes', 'values, as one of several targets');
  }
  return { version: 1, columns, target };
}

type Fields = Readonly<Record<string, unknown>>;

const numberTypes = ['numeric', 'date', 'boolean'] as const;

function checkColumn(where: string, path: string, value: unknown): ColumnEncoding {
  const kind = typeOf(where, path, value, [...numberTypes, 'categorical']);
  if (kind === 'categorical') {
    const column = fieldsOf(where, path, value, ['name', 'type', 'categories', 'missing']);
    return {
      name: textOf(where, `${path}.name`, column.name),
      type: kind,
      categories: namesOf(where, `${path}.categories`, column.categories),
      missing: flagOf(where, `${path}.missing`, column.missing),
    };
  }
  const column = fieldsOf(where, path, value, ['name', 'type', 'center', 'scale', 'fill', 'indicator']);
  return {
    name: textOf(where, `${path}.name`, column.name),
    type: kind as (typeof numberTypes)[number],
    center: numberOf(where, `${path}.center`, column.center),
    scale: scaleOf(where, `${path}.scale`, column.scale),
    fill: column.fill === null ? null : numberOf(where, `${path}.fill`, column.fill),
    indicator: flagOf(where, `${path}.indicator`, column.indicator),
  };
}

function checkTarget(where: string, path: string, value: unknown): TargetDecoding {
  const kind = typeOf(where, path, value, ['values', 'classes']);
  if (kind === 'classes') {
    const target = fieldsOf(where, path, value, ['name', 'type', 'labels']);
    const name = textOf(where, `${path}.name`, target.name);
    return { name, type: 'classes', labels: namesOf(where, `${path}.labels`, target.labels) };
  }
  const target = fieldsOf(where, path, value, ['name', 'type', 'center', 'scale']);
  const name = textOf(where, `${path}.name`, target.name);
  const center = numberOf(where, `${path}.center`, target.center);
  return { name, type: 'values', center, scale: scaleOf(where, `${path}.scale`, target.scale) };
}

function fail(where: string, path: string, value: unknown, wanted: string): never {
  throw new OptionError(where, path, `has ${show(value)}, expected ${wanted}`);
}

/** Returns the value if it is an object with exactly these keys. */
function fieldsOf(where: string, path: string, value: unknown, keys: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return fail(where, path, value, `an object with ${keys.join(', ')}`);
  }
  const found = Object.keys(value);
  const other = found.find((key) => !keys.includes(key)) ?? keys.find((key) => !found.includes(key));
  if (other !== undefined) fail(where, path, found, `the keys ${keys.join(', ')}`);
  return value as Fields;
}

function typeOf(where: string, path: string, value: unknown, known: readonly string[]): string {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  return known.find((name) => name === type) ?? fail(where, `${path}.type`, type, `one of ${known.join(', ')}`);
}

const listOf = (where: string, path: string, value: unknown): readonly unknown[] =>
  Array.isArray(value) && value.length > 0 ? value : fail(where, path, value, 'a list with at least one entry');

const textOf = (where: string, path: string, value: unknown): string =>
  typeof value === 'string' ? value : fail(where, path, value, 'text');

const flagOf = (where: string, path: string, value: unknown): boolean =>
  typeof value === 'boolean' ? value : fail(where, path, value, 'true or false');

const numberOf = (where: string, path: string, value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : fail(where, path, value, 'a finite number');

const scaleOf = (where: string, path: string, value: unknown): number =>
  numberOf(where, path, value) === 0 ? fail(where, path, value, 'a number other than 0') : (value as number);

function namesOf(where: string, path: string, value: unknown): readonly string[] {
  const isNames = Array.isArray(value) && value.every((name) => typeof name === 'string');
  if (!isNames || new Set(value).size < value.length) fail(where, path, value, 'a list of texts, each of them once');
  return value as readonly string[];
}
