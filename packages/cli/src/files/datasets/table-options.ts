import { tableOptions as library, missingChoices, scales } from '@gradloom/runtime/options';
import { columnNames, columnTypesByName } from '../../options/column-options.ts';
import { helpLine } from '../../options/help-line.ts';
import { wholeNumber } from '../../options/numbers.ts';
import type { FileOption, FileOptionTable, Values } from '../../options/option.ts';
import { keyOf, text, toggle } from '../../options/words.ts';
import { UsageError } from '../../terminal/failure.ts';
import type { DatasetSource } from './dataset-source.ts';

type Shared = Pick<FileOption<unknown>, 'group' | 'effect'>;
const data = { group: 'Data', effect: 'result' } satisfies Shared;
const column = { group: 'Data', effect: 'naming' } satisfies Shared;
const stated = library.table;

/** The options of tables, as flags of every command that reads one to train on. */
export const tableFlags = {
  target: { ...column, ...columnNames, describe: helpLine(stated.target) },
  targets: { ...data, ...keyOf({ classes: true, values: true }), describe: helpLine(stated.targets) },
  column: { ...column, ...columnTypesByName, describe: helpLine(stated.columns) },
  drop: { ...column, ...columnNames, describe: helpLine(stated.drop) },
  'weight-column': { ...column, ...text('the name of a column'), describe: helpLine(stated.weightColumn) },
  missing: { ...data, ...keyOf(missingChoices), describe: helpLine(stated.missing) },
  scale: { ...data, ...keyOf(scales), describe: helpLine(stated.scale) },
  'one-hot-limit': { ...data, ...wholeNumber(1), describe: helpLine(stated.oneHotLimit) },
  stream: {
    ...data,
    effect: 'execution',
    ...toggle,
    describe: 'leave the inputs in their file, or those of a table in a cache beside it; never changes the result',
  },
} satisfies FileOptionTable;

type TableValues = Values<typeof tableFlags>;

/** Library names of the flags. */
export const flagOptions = {
  target: 'target',
  targets: 'targets',
  column: 'columns',
  drop: 'drop',
  'weight-column': 'weightColumn',
  missing: 'missing',
  scale: 'scale',
  'one-hot-limit': 'oneHotLimit',
  stream: 'stream',
} as const satisfies Record<keyof TableValues, string>;

/** The dataset with the table flags as options of its file. */
export function withTableFlags<Source extends DatasetSource | undefined>(source: Source, values: TableValues): Source {
  if (source === undefined) return source;
  if (!('path' in source)) {
    if (values.stream !== true) return source;
    throw new UsageError(`--stream is given with --dataset ${source.name}, expected a table, NumPy or IDX files`);
  }
  const given = Object.entries(flagOptions).flatMap(([flag, option]) => {
    const value = values[flag as keyof TableValues];
    return value === undefined ? [] : [[option, value] as const];
  });
  if (given.length === 0) return source;
  const byFlag = given.map(([option]) => option);
  return { ...source, options: { ...source.options, ...Object.fromEntries(given) }, byFlag };
}
