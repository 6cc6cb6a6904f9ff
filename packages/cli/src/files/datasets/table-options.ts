import { option, show } from '@gradloom/core/internal';
import { tableOptions, textOptions } from '@gradloom/runtime/options';
import { classNames, columnNames, columnTypesByName } from '../../options/column-options.ts';
import { flagName, flagsOf, optionsFrom } from '../../options/flags-of.ts';
import { defined, type FileOptionTable, type Values } from '../../options/option.ts';
import { UsageError } from '../../terminal/failure.ts';
import type { DatasetSource, FileSource } from './dataset-source.ts';

const tableLibraryFlags = flagsOf(tableOptions.table, 'Data');

const textFlags = flagsOf(textOptions.table, 'Data');

/** The options of tables and texts, as flags of every command that reads one to train on. */
export const tableFlags = {
  ...tableLibraryFlags,
  target: { ...tableLibraryFlags.target, ...columnNames },
  column: { ...tableLibraryFlags.column, ...columnTypesByName },
  drop: { ...tableLibraryFlags.drop, ...columnNames },
  'class-names': { ...tableLibraryFlags['class-names'], ...classNames },
  'weight-column': { ...tableLibraryFlags['weight-column'], ...option.text('the name of a column') },
  series: { ...tableLibraryFlags.series, ...option.text('the name of a column') },
  every: { ...tableLibraryFlags.every, ...option.text('a step such as 15min, 1h, 1d or 1mo') },
  split: { ...tableLibraryFlags.split, ...option.text('random, time:<column> or group:<column>') },
  'series-key': { ...tableLibraryFlags['series-key'], ...option.text('the name of a column') },
  ...textFlags,
} satisfies FileOptionTable;

type TableValues = Values<typeof tableFlags>;

/** Every option of a file that is a flag of its own. */
export const fileOptions = { ...textOptions.table, ...tableOptions.table };

/** The dataset with the flags of tables and texts as options of its file. */
export function withTableFlags<Source extends DatasetSource | undefined>(source: Source, values: TableValues): Source {
  if (source === undefined) return source;
  if (!('path' in source)) {
    const { scale, targets } = values;
    const allowed = { ...(source.name === 'mnist' && defined({ scale })), ...(targets === 'inputs' && { targets }) };
    const names = Object.keys(tableFlags) as (keyof typeof tableFlags)[];
    const stray = names.find((name) => values[name] !== undefined && values[name] !== false && !(name in allowed));
    if (stray === undefined) return { ...source, options: { ...source.options, ...allowed } };
    const fileKind = stray in textFlags ? 'a text' : 'a table';
    const expected = { stream: 'a table, NumPy or IDX files', 'class-names': 'a file', targets: 'inputs or a table' };
    const expectedKind = Object.hasOwn(expected, stray) ? expected[stray as keyof typeof expected] : fileKind;
    throw new UsageError(`--${stray} is given with --dataset ${source.name}, expected ${expectedKind}`);
  }
  const flagOptions = optionsFrom(fileOptions, values);
  refuseTwice(source, flagOptions);
  const byFlag = Object.keys(fileOptions).filter((name) => name in flagOptions || !(name in (source.options ?? {})));
  if (Object.keys(flagOptions).length === 0) return { ...source, byFlag };
  return { ...source, options: { ...source.options, ...flagOptions }, byFlag };
}

/** @throws UsageError for an option that the dataset and a flag have with two values. */
function refuseTwice({ path, options = {} }: FileSource, flagOptions: Readonly<Record<string, unknown>>): void {
  const textOf = (value: unknown): string => [value].flat().map(String).join(',');
  for (const [name, value] of Object.entries(flagOptions)) {
    const datasetValue = options[name];
    if (datasetValue === undefined || typeof datasetValue === 'object' || textOf(datasetValue) === textOf(value))
      continue;
    const flag = flagName(name, fileOptions[name as keyof typeof fileOptions]);
    const conflictText = `--${flag} has ${show(textOf(value))} and --dataset has ${path}:${name}=${textOf(datasetValue)}`;
    throw new UsageError(`${conflictText}, expected one of the two`);
  }
}
