import { type ColumnEncoding, createTokenizer, type TablePreprocessing, type TargetDecoding } from '@gradloom/core';
import { checkTablePreprocessing, classesOfProbabilities, counted, listed } from '@gradloom/core/internal';
import { stepText } from './series-step.ts';
import { reasonIn } from './sniffers/exclusions.ts';
import { checkTable, type Table, type TableColumn } from './table.ts';

/** Facts about a column and its use. */
export interface ColumnSummary {
  /** Its name. */
  readonly name: string;
  /** Use of the column. The target of a series is also an input. */
  readonly role: 'input' | 'target' | 'weight' | 'time' | 'series' | 'left out';
  /** How its cells are read; null if it is left out. */
  readonly type: TableColumn['type'] | 'classes' | 'values' | 'labels' | null;
  /** Why it is read so. */
  readonly reason: string;
  /** Number of gaps. */
  readonly gaps: number;
  /** Its encoding, such as '(x - 40.5) / 12.1' or '3 inputs'. */
  readonly becomes: string;
}

/** A summary of each column. */
export function summarizeTable(table: Table, preprocessing: TablePreprocessing): ColumnSummary[] {
  checkTable('summarizeTable', table);
  checkTablePreprocessing('summarizeTable', preprocessing);
  const inputs = table.inputs.map(({ name, type, reason, gaps }, c): ColumnSummary => {
    return { name, role: 'input', type, reason, gaps, becomes: inputsOf(preprocessing.columns[c], gaps > 0) };
  });
  const targets = table.targets.flatMap(({ name, reason, gaps, list }, t): ColumnSummary[] => {
    if (classesOfProbabilities(preprocessing.target) !== undefined)
      return [{ name, role: 'target', type: 'values', reason, gaps, becomes: 'the probability of a class' }];
    const decoding = preprocessing.target[t];
    if (list === undefined)
      return [{ name, role: 'target', type: decoding.type, reason, gaps, becomes: outputOf(decoding) }];
    const labels = table.targets.filter((other) => other.list?.column === list.column);
    if (labels[0].name !== name) return [];
    const becomes = `${labels.length} labels: ${listed(
      labels.map((label) => label.name),
      10,
    )}`;
    return [{ name: list.column, role: 'target', type: 'labels', reason, gaps, becomes }];
  });
  // The advice is one of the table's decisions.
  const why = (name: string) => reasonIn(table.reasons[name] ?? '');
  const emptySummary = { type: null, reason: '', gaps: 0, becomes: '' };
  return [
    ...seriesColumns(table),
    ...inputs,
    ...(table.weights === null ? [] : [{ ...table.weights, role: 'weight', becomes: 'weights of rows' } as const]),
    ...table.leftOut.map((name): ColumnSummary => ({ name, role: 'left out', ...emptySummary, reason: why(name) })),
    ...targets,
  ].map(({ name, role, type, reason, gaps, becomes }) => ({ name, role, type, reason, gaps, becomes }));
}

/** The columns that put rows into the order of time. */
function seriesColumns({ series }: Table): ColumnSummary[] {
  if (series === undefined) return [];
  const { time, key, step } = series;
  const names = key?.data.kind === 'words' ? key.data.words.length : 0;
  return [
    { ...time, role: 'time', becomes: `the order of rows, ${stepText(step)} apart` },
    ...(key === null ? [] : [{ ...key, role: 'series', becomes: `${names} series` } as const]),
  ];
}

function inputsOf(encoding: ColumnEncoding, hasGaps: boolean): string {
  if (encoding.type === 'categorical') {
    const inputs = counted(encoding.categories.length, 'input');
    const categories = encoding.others ? `${inputs} for the most frequent, 0 for others` : inputs;
    if (encoding.missing) return `${categories} and one for gaps`;
    return hasGaps ? `${categories}, all 0 for a gap` : categories;
  }
  if (encoding.type === 'text') {
    const { size } = createTokenizer(encoding.tokenizer);
    return `${counted(encoding.context, 'token')}, each of ${size}${hasGaps ? ', a space for a gap' : ''}`;
  }
  if (encoding.type === 'image') {
    const { width, height, channels } = encoding;
    return `${width} x ${height} pixels in ${channels === 1 ? 'grey' : 'colour'}`;
  }
  const { center, scale, fill, indicator, ramps = [], parts = [] } = encoding;
  const fillText = fill === null || !hasGaps ? '' : `, gaps ${fiveDigits(fill)}`;
  const gaps = indicator ? `${fillText} and an input` : fillText;
  const centredText = center < 0 ? `x + ${fiveDigits(-center)}` : `x - ${fiveDigits(center)}`;
  const number = center === 0 && scale === 1 ? 'as it is' : `(${centredText}) / ${fiveDigits(scale)}`;
  const rampText = ramps.length === 0 ? [] : [`${ramps.length - 1} ramps`];
  return [number, ...rampText, ...parts].join(', ') + gaps;
}

function outputOf(decoding: TargetDecoding): string {
  if (decoding.type === 'classes') return counted(decoding.labels.length, 'class');
  const { center, scale, transform } = decoding;
  const y = transform === 'log' ? 'log y' : 'y';
  if (center === 0 && scale === 1) return transform === 'log' ? y : 'as it is';
  return `(${y} - ${fiveDigits(center)}) / ${fiveDigits(scale)}`;
}

/** Five digits are enough to read; the model stores the exact number. */
const fiveDigits = (value: number): string => String(Number(value.toPrecision(5)));
