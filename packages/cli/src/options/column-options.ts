import { option, show } from '@gradloom/core/internal';
import { columnTypes } from '@gradloom/runtime/options';
import { readValue } from './option.ts';
import { isRecord, tryJson } from './read-object.ts';

/** Names, such as 'id,name': a flag for each, or a JSON array where a name has a comma. */
const namesOf = (expected: string) =>
  option.kind(
    (_where, name, raw): readonly string[] => {
      const names = entriesOf(raw)
        .flatMap((item) => (Array.isArray(item) ? item : [item]))
        .map(nameOf);
      if (names.length > 0 && names.every((entry) => entry !== undefined)) return names;
      throw new Error(`${name} has ${show(raw)}, expected ${expected}`);
    },
    { repeats: true },
  );

export const columnNames = namesOf('names of columns such as id,name');
export const classNames = namesOf('names of classes such as cat,dog');

/** Types by column: 'age:numeric', a flag for each, or a JSON object. */
export const columnTypesByName = option.kind(
  (_where, name, raw): Readonly<Record<string, keyof typeof columnTypes>> => {
    const types: Record<string, keyof typeof columnTypes> = {};
    for (const item of entriesOf(raw)) {
      for (const [column, type] of isRecord(item) ? Object.entries(item) : [pairOf(name, item)]) {
        if (Object.hasOwn(types, column)) throw new Error(`${name} has ${show(column)} twice, expected it once`);
        types[column] = readValue(option.oneOf(columnTypes), `${name} ${column}`, type);
      }
    }
    return types;
  },
  { repeats: true },
);

/** The texts of a flag that is given once or more, each of them split at its commas or read as JSON. */
function entriesOf(raw: unknown): unknown[] {
  const entries: readonly unknown[] = Array.isArray(raw) ? raw : [raw];
  return entries.flatMap((entry): unknown[] => {
    if (typeof entry !== 'string') return [entry];
    const json = /^\s*[[{]/.test(entry) ? tryJson(entry) : undefined;
    return json === undefined ? entry.split(',').map((item) => item.trim()) : [json];
  });
}

const nameOf = (item: unknown): string | undefined =>
  typeof item === 'number' || (typeof item === 'string' && item !== '') ? String(item) : undefined;

/** The last colon divides name and type, since a name may have one. */
function pairOf(name: string, item: unknown): [column: string, type: string] {
  const [, column, type] = typeof item === 'string' ? (/^(.+):([^:]*)$/s.exec(item) ?? []) : [];
  if (column !== undefined) return [column, type];
  throw new Error(`${name} has ${show(item)}, expected a column and its type, such as age:numeric`);
}
