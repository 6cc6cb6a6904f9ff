import { option } from '@gradloom/core/internal';
import { tableOptions as library, textOptions } from '@gradloom/runtime/options';
import { columnNames, columnTypesByName } from '../../options/column-options.ts';
import { flagsOf, optionsFrom } from '../../options/flags-of.ts';
import type { FileOptionTable, Values } from '../../options/option.ts';
import { UsageError } from '../../terminal/failure.ts';
import type { DatasetSource } from './dataset-source.ts';

const stated = flagsOf(library.table, 'Data');

const textFlags = flagsOf(textOptions.table, 'Data');

/** The options of tables and texts, as flags of every command that reads one to train on. */
export const tableFlags = {
  ...stated,
  target: { ...stated.target, ...columnNames },
  column: { ...stated.column, ...columnTypesByName },
  drop: { ...stated.drop, ...columnNames },
  'weight-column': { ...stated['weight-column'], ...option.text('the name of a column') },
  series: { ...stated.series, ...option.text('the name of a column') },
  'series-key': { ...stated['series-key'], ...option.text('the name of a column') },
  ...textFlags,
} satisfies FileOptionTable;

type TableValues = Values<typeof tableFlags>;

/** Every option of a file that is a flag of its own. */
export const fileOptions = { ...textOptions.table, ...library.table };

/** The dataset with the flags of tables and texts as options of its file. */
export function withTableFlags<Source extends DatasetSource | undefined>(source: Source, values: TableValues): Source {
  if (source === undefined) return source;
  if (!('path' in source)) {
    if (source.name === 'mnist' && values.scale !== undefined) {
      return { ...source, options: { ...source.options, scale: values.scale } };
    }
    const ofFiles = { ...textFlags, series: true, 'series-key': true, horizon: true };
    const stray = Object.keys(ofFiles).find((flag) => values[flag as keyof typeof ofFiles] !== undefined);
    if (stray !== undefined) {
      const wanted = stray in textFlags ? 'a text' : 'a table';
      throw new UsageError(`--${stray} is given with --dataset ${source.name}, expected ${wanted}`);
    }
    if (values.stream !== true) return source;
    throw new UsageError(`--stream is given with --dataset ${source.name}, expected a table, NumPy or IDX files`);
  }
  const given = optionsFrom(fileOptions, values);
  const byFlag = Object.keys(fileOptions).filter((name) => name in given || !(name in (source.options ?? {})));
  if (Object.keys(given).length === 0) return { ...source, byFlag };
  return { ...source, options: { ...source.options, ...given }, byFlag };
}
