import { basename } from 'node:path';
import { type CellFormat, OptionError, type SeriesEncoding, type SeriesStep } from '@gradloom/core';
import { classesOfProbabilities, counted, show } from '@gradloom/core/internal';
import type { CollectedRows } from './collect-rows.ts';
import { targetsAreInputs } from './columns/column-roles.ts';
import type { ColumnStore } from './columns/column-store.ts';
import type { PlannedColumn, TableRequest } from './columns/plan-columns.ts';
import { evenRows } from './even-rows.ts';
import type { TableReader } from './formats/table-reader.ts';
import { imagesNamedIn } from './image-files.ts';
import { CONTEXT, HORIZON } from './series.ts';
import { stepOf } from './series-step.ts';
import { ColumnError, typeColumn } from './sniffers/column-type.ts';
import {
  describeExclusion,
  describeTexts,
  excludeIdentifiers,
  type FoundPart,
  LISTS,
  NO_IMAGES,
  ONLY_GAPS,
  PartsFound,
  textAmong,
} from './sniffers/exclusions.ts';
import { decisionsOn, warningsOf } from './sniffers/index.ts';
import { decideLabels } from './sniffers/label-lists.ts';
import type { Exclusion, SniffedTable } from './sniffers/sniffer.ts';
import { decideTarget, refuseImproper } from './sniffers/target-kind.ts';
import { mapColumns, pickRows, type Table, type TableColumn, type TableSplit } from './table.ts';
import { SEVERAL_VALUES, type TableFault } from './table-faults.ts';
import { ONE_HOT_LIMIT, splitOf, type TableOptions } from './table-options.ts';
import { isTableOfImages } from './table-path.ts';

/** A column of the file and the input of the table that it becomes. */
interface Input {
  readonly fileColumn: PlannedColumn;
  readonly column: TableColumn;
}

/** Builds the table from collected columns and decides their types. @throws Error naming the column of a problem. */
export function buildTable(
  { path, options, preprocessing, hasNewTarget, isPlain, fault }: TableRequest,
  { plan, rows, faults, lastRow, listTargets, decisions: rowDecisions, locations }: CollectedRows,
  { findings = [] }: TableReader,
  { persist }: ColumnStore,
): Table {
  const { columns, leftOut, classNames } = plan;
  const { name = path, oneHotLimit = ONE_HOT_LIMIT, missing } = options;
  const isTraining = preprocessing === null;
  const areInputs = isTraining ? options.targets === 'inputs' : targetsAreInputs(preprocessing);
  const exclusions = new Map<string, Exclusion>(); // by column name

  /** Returns what `work` makes of a column without faults. Its problem, if any, becomes a fault. */
  function unlessFaulty<T>({ index, title }: PlannedColumn, work: () => T[]): T[] {
    if (faults.hasColumn(index)) return [];
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ColumnError)) throw error;
      faults.add(index, 'column', `${title} ${error.message}`, 'column', error);
      return [];
    }
  }
  const withRole = (role: PlannedColumn['role']) => columns.filter((column) => column.role === role);
  const maxCategories = isTraining ? oneHotLimit : Number.POSITIVE_INFINITY;
  /** The finished column; none if it has a fault or is left out. */
  const finishColumn = (fileColumn: PlannedColumn): TableColumn[] =>
    unlessFaulty(fileColumn, () => {
      const typedColumn = columnOf(fileColumn, maxCategories);
      if ('column' in typedColumn) return [persist(typedColumn.column)];
      exclusions.set(fileColumn.name, typedColumn.exclusion);
      return [];
    });
  const isGuessed = ({ type }: PlannedColumn) => isTraining && !isPlain && type === undefined && !isTableOfImages(path);

  // A column of nothing but lists is left out; one with other cells, too, has a fault.
  const lists = withRole('input').filter((fileColumn) => {
    const { gaps } = fileColumn.collector.collected();
    return isGuessed(fileColumn) && faults.retract(fileColumn.index, SEVERAL_VALUES, rows - gaps);
  });
  for (const { name } of lists) exclusions.set(name, LISTS);
  const hasParts = !areInputs && withRole('time').length === 0;
  const imageNames = new Map(
    withRole('input')
      .filter((fileColumn) => hasParts && isGuessed(fileColumn) && !lists.includes(fileColumn))
      .flatMap(({ name, collector }) => {
        const images = imagesNamedIn(collector.collected(), path);
        return images === undefined ? [] : [[name, images] as const];
      }),
  );
  const candidates = withRole('input')
    .filter((fileColumn) => !lists.includes(fileColumn))
    .flatMap((fileColumn) => finishColumn(fileColumn).map((column): Input => ({ fileColumn, column })));
  for (const { fileColumn, column } of candidates)
    if (column.gaps === rows && isGuessed(fileColumn)) exclusions.set(column.name, ONLY_GAPS);
  for (const [name, { exist }] of imageNames) if (!exist) exclusions.set(name, NO_IMAGES);
  const nonEmpty = candidates.filter(({ column }) => !exclusions.has(column.name));
  const identifiers = new Map(
    nonEmpty.flatMap(({ fileColumn, column }) => {
      const exclusion = isGuessed(fileColumn) ? excludeIdentifiers(column, rows) : undefined;
      return exclusion === undefined ? [] : [[column.name, exclusion]];
    }),
  );
  // A table of nothing but identifiers is read: they are all that it has.
  const keepsIdentifiers = identifiers.size === nonEmpty.length && withRole('time').length === 0;
  if (!keepsIdentifiers) for (const [name, exclusion] of identifiers) exclusions.set(name, exclusion);
  const includedInputs = candidates.filter(({ column }) => !exclusions.has(column.name));
  const inputs = includedInputs.map(({ column }) => column);

  const targets = withRole('target').flatMap((fileColumn) =>
    unlessFaulty(fileColumn, () => {
      const { name, targetKind: kind, collector } = fileColumn;
      const separator = plan.lists.get(name);
      if (separator !== undefined) {
        const known = isTraining || hasNewTarget ? undefined : preprocessing.target;
        const labels = decideLabels({ column: name, separator }, collector.collected(), known, listTargets.has(name));
        return labels.map((label) => ({ ...label, column: persist(label.column) }));
      }
      const target = decideTarget(name, collector.collected(), {
        kind,
        classNames: classNames.get(name),
        leavesGapsOut: plan.requiredTargets.length > 0,
        takesGaps: withRole('time').length > 0,
        isPlain,
        isOneOfSeveral: withRole('target').length > 1,
        format: formatOf(fileColumn),
      });
      return [{ ...target, column: persist(target.column) }];
    }),
  );
  const [weights = null] = withRole('weight').flatMap(finishColumn);
  const [time] = withRole('time').flatMap((fileColumn) => unlessFaulty(fileColumn, () => [timeOf(fileColumn)]));
  const [key = null] = withRole('key').flatMap((column) => unlessFaulty(column, () => typedColumns(column)));
  faults.throwIfAny(fault);
  if (options.targets === 'probabilities' || classesOfProbabilities(preprocessing?.target))
    refuseImproper(targets, fault);
  refuseParts();
  if (inputs.length === 0 && time === undefined) {
    const reasons = [...exclusions].map(([name, reason]) => `column ${show(name)} has ${describeExclusion(reason)}`);
    throw fault(` has no column left as an input, expected one: ${reasons.join('; ')}`);
  }
  const split = splitColumn();
  const [{ column: target }] = targets;
  // The name of the file, not of the table: a cache is read under any name.
  const file = basename(path);
  const sniffedTable: SniffedTable = {
    file,
    rows,
    inputs,
    targets,
    isSeries: time !== undefined,
    options,
    guessed: includedInputs.flatMap(({ fileColumn, column }) =>
      isGuessed(fileColumn) ? [{ column, zeroPadded: fileColumn.collector.collected().zeroPadded }] : [],
    ),
    exclusions,
    identifiers: keepsIdentifiers ? identifiers : new Map(),
    lastRow,
    names: new Map(columns.map(({ index, name }) => [index, name])),
  };
  const evenTable = time === undefined ? undefined : seriesOf(time);
  const fullTable: Table = {
    name,
    rows,
    inputs,
    targets: targets.map(({ column }) => column),
    weights,
    classes: targets.length === 1 ? targets[0].classes : null,
    options,
    leftOut: [...leftOut, ...exclusions.keys()],
    reasons: Object.fromEntries([...exclusions].map(([name, exclusion]) => [name, describeExclusion(exclusion)])),
    ...evenTable,
    ...(areInputs ? inputsAsTargets() : {}),
    ...(split === undefined ? {} : { split }),
    decisions: [
      ...(findings.length === 0 ? [] : [`${file}: ${findings.join(', ')}`]),
      ...rowDecisions,
      ...(isTraining ? decisionsOn(sniffedTable) : []),
      ...(evenTable?.decisions ?? []),
    ],
    warnings: [],
  };
  const table = missing === 'drop' ? leaveGapsOut(fullTable, fault, persist) : fullTable;
  return { ...table, warnings: isTraining ? warningsOf(sniffedTable, table) : rowDecisions };

  /**
   * @throws PartsFound for texts and images among the guessed columns, which are not yet read as such. If all other
   * inputs are identifiers, or left out, it is one text alone.
   */
  function refuseParts(): void {
    const images = [...imageNames].flatMap(([name, { exist, reason }]): [string, FoundPart][] =>
      exist ? [[name, { type: 'image', reason }]] : [],
    );
    if (!hasParts || (options.stream === true && images.length === 0)) return;
    const guessedInputs = withRole('input').filter((column) => isGuessed(column) && !imageNames.has(column.name));
    const collectedInputs = guessedInputs.map(({ name, collector }) => ({ name, ...collector.collected() }));
    if (images.length > 0 || !keepsIdentifiers) {
      const texts = collectedInputs.flatMap((column): [string, FoundPart][] => {
        const reason = describeTexts(column, rows, oneHotLimit);
        const isText = reason !== undefined && exclusions.get(column.name) !== LISTS;
        return isText ? [[column.name, { type: 'text', reason }]] : [];
      });
      if (images.length + texts.length > 0) throw new PartsFound(new Map([...images, ...texts]), null);
      return;
    }
    if (guessedInputs.length < withRole('input').length) return;
    const text = textAmong(collectedInputs);
    if (text === undefined) return;
    const others = [...exclusions, ...identifiers].filter(([name]) => name !== text);
    throw new PartsFound(new Map([[text, { type: 'text', reason: 'the only column left' }]]), new Map(others));
  }

  /** The column by which rows are split: an input, a column left out, or a column with no other role. */
  function splitColumn(): TableSplit | undefined {
    const request = splitOf(options.split);
    if (request === undefined || !('column' in request)) return undefined;
    const isRequested = ({ name, index }: PlannedColumn) =>
      name === request.column || String(index + 1) === request.column;
    const input = candidates.find(({ fileColumn }) => isRequested(fileColumn));
    // A column with no other role, or an input.
    const [typedColumn = input] = withRole('split').map((fileColumn) => columnOf(fileColumn, Number.POSITIVE_INFINITY));
    const column = typedColumn && 'column' in typedColumn ? typedColumn.column : undefined;
    if (column?.data.kind === (request.by === 'group' ? 'words' : 'numbers') && column.gaps === 0)
      return { by: request.by, column: column === input?.column ? column : persist(column) };
    let has = typedColumn === undefined ? 'the target' : 'a column of words';
    if (column !== undefined && column.gaps > 0) has = 'a column with gaps';
    const problem = `has ${show(options.split)}, which is ${has}, expected a column of dates or numbers without gaps`;
    throw new OptionError('readTable', 'split', problem);
  }

  /** The target in its place among the inputs, of which so many come before it. */
  function withTarget(inputsBefore: number): readonly TableColumn[] {
    return inputs.toSpliced(inputsBefore, 0, target);
  }

  function isBeforeTarget({ index }: PlannedColumn): boolean {
    return index < withRole('target')[0].index;
  }

  /** The table whose rows are their own targets. @throws OptionError for a column of something else than numbers. */
  function inputsAsTargets(): Pick<Table, 'inputs' | 'targets'> {
    const allInputs = withTarget(includedInputs.filter(({ fileColumn }) => isBeforeTarget(fileColumn)).length);
    for (const { name, type, gaps } of allInputs) {
      if (type === 'numeric' && (gaps === 0 || missing === 'drop')) continue;
      const has = type === 'numeric' ? counted(gaps, 'gap') : type === 'categorical' ? 'words' : `type ${type}`;
      const advice = type === 'numeric' ? 'missing drop leaves its rows out' : 'drop leaves it out';
      const problem = `has inputs, and column ${show(name)} has ${has}, expected numbers alone (${advice})`;
      throw new OptionError('readTable', 'targets', problem);
    }
    return { inputs: allInputs, targets: allInputs };
  }

  /**
   * The series, and its inputs, of which the target is one. Models that exist count inputs that are left out as well.
   */
  function seriesOf(time: TableColumn): Pick<Table, 'rows' | 'inputs' | 'targets' | 'series' | 'decisions'> {
    const { context = CONTEXT, horizon = HORIZON, ...ofModel } = preprocessing?.series ?? (options as SeriesOptions);
    const { step, means: isAveraged = options.every !== undefined, gaps = options.seriesGaps ?? 'refuse' } = ofModel;
    const every = isAveraged ? (step ?? everyOf(time)) : undefined;
    const targetIndex = withRole('input').filter(isBeforeTarget).length;
    const uneven = { time, key, rows, locations, inputs: withTarget(targetIndex), target: targetIndex };
    const { decisions, inputs: columns, rows: evenCount, ...even } = evenRows(uneven, { every, step, gaps }, fault);
    const series = { ...even, context, horizon, means: isAveraged, gaps };
    return { rows: evenCount, inputs: columns, targets: [columns[targetIndex]], series, decisions };
  }

  /** The requested step. @throws OptionError for one in another unit than the times. */
  function everyOf({ name, type }: TableColumn): SeriesStep {
    const step = stepOf(options.every);
    if (step !== undefined && (step.unit === 'numbers') === (type !== 'date')) return step;
    const expected = type === 'date' ? 'a step such as 15min, 1h or 1mo' : 'a number';
    const problem = `has ${show(options.every)}, expected ${expected}, since ${show(name)} has ${type === 'date' ? 'dates' : 'numbers'}`;
    throw new OptionError('readTable', 'every', problem);
  }
}

const formatOf = ({ format }: PlannedColumn): CellFormat | undefined => (format === 'any' ? undefined : format);

const columnOf = (fileColumn: PlannedColumn, maxCategories: number) =>
  typeColumn(fileColumn.name, fileColumn.type, fileColumn.collector.collected(), maxCategories, formatOf(fileColumn));

type SeriesOptions = Pick<TableOptions, 'context' | 'horizon'> &
  Pick<Partial<SeriesEncoding>, 'step' | 'means' | 'gaps'>;

/** The column with its type; none if it would be left out. */
function typedColumns(fileColumn: PlannedColumn): TableColumn[] {
  const typedColumn = columnOf(fileColumn, Number.POSITIVE_INFINITY);
  return 'column' in typedColumn ? [typedColumn.column] : [];
}

/** @throws ColumnError for numbers among dates. */
function timeOf(fileColumn: PlannedColumn): TableColumn {
  const [column] = typedColumns(fileColumn);
  if (column?.type === 'date' || column?.type === 'numeric') return column;
  throw new ColumnError('has numbers and dates, expected the times of all rows in one form');
}

/** The table without rows that have a gap in an input. @throws Error of `fault` if no rows are left. */
function leaveGapsOut(table: Table, fault: TableFault, persist: ColumnStore['persist']): Table {
  const hasGap = new Uint8Array(table.rows);
  for (const { data } of table.inputs) {
    const cells = data.kind === 'numbers' ? data.values : data.indices;
    const isGap = data.kind === 'numbers' ? Number.isNaN : (index: number) => index === -1;
    for (let n = 0; n < table.rows; n++) if (isGap(cells[n])) hasGap[n] = 1;
  }
  const rows = Uint32Array.from({ length: table.rows }, (_, n) => n).filter((n) => hasGap[n] === 0);
  if (rows.length === 0) throw fault(' has a gap in each row, expected rows without (--missing impute fills them in)');
  const count = table.rows - rows.length;
  if (count === 0) return table;
  const isText = table.inputs.length === 1 && table.inputs[0].type === 'text';
  const gap = isText ? 'no text' : count === 1 ? 'a gap' : 'gaps';
  const has = count === 1 ? `row has ${gap} and is` : `rows have ${gap} and are`;
  const advice = isText ? '' : ' (--missing impute fills gaps in)';
  const keepRows = (column: TableColumn): TableColumn => persist({ ...column, data: pickRows(column, rows) });
  return {
    ...table,
    rows: rows.length,
    ...mapColumns({ ...table, inputs: table.inputs.map((column) => ({ ...column, gaps: 0 })) }, keepRows),
    decisions: [...table.decisions, `${count} of ${counted(table.rows, 'row')}: the ${has} left out${advice}`],
  };
}
