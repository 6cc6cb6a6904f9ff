import { CellError, type LabelList, OptionError, type TargetDecoding } from '@gradloom/core';
import { counted, LABEL_SEPARATORS, labelListOf, labelsIn, listed, show } from '@gradloom/core/internal';
import type { CollectedColumn } from '../columns/column-collector.ts';
import type { ColumnPlan, LabelLists, PlannedColumn, TableRequest } from '../columns/plan-columns.ts';
import { sortedNames } from '../fit-preprocessing.ts';
import { labelSeparators as separators } from '../table-options.ts';
import { ColumnError } from './column-type.ts';
import type { Sniffer, Target } from './sniffer.ts';

/** Maximum number of labels of a column: each has an output, a loss and figures of its own. */
const MAX_LABELS = 200;

const EACH_A_CLASS = '--label-separator none reads each cell as one class';

/** Targets whose cells are lists of labels, by column. @throws OptionError for a separator that no target has. */
export function findLabelLists(
  { columns }: ColumnPlan,
  listTargets: ReadonlySet<string>, // some of whose cells are lists of JSON
  request: TableRequest,
): LabelLists {
  const { where, preprocessing, hasNewTarget, isPlain, options } = request;
  const { labelSeparator: requested, classNames } = options;
  const isKnown = preprocessing !== null && !hasNewTarget;
  const lists = new Map<string, LabelList['separator']>();
  if (requested === 'none' || isPlain || isKnown || options.targets === 'inputs') return lists;
  const targets = columns.filter(({ role }) => role === 'target');
  for (const { name, targetKind, collector } of targets) {
    const { kind, words } = collector.collected();
    if (listTargets.has(name)) {
      lists.set(name, separators[requested ?? 'semicolon']);
      continue;
    }
    if (kind !== 'words') continue;
    const isGuessed = requested === undefined && targetKind === undefined && classNames === undefined;
    const has = (separator: string): boolean => words.some((word) => word.includes(separator));
    const separator =
      requested === undefined
        ? LABEL_SEPARATORS.find((candidate) => isGuessed && areLists(words, candidate))
        : [separators[requested]].find(has);
    if (separator !== undefined) lists.set(name, separator);
  }
  if (requested === undefined || lists.size > 0) return lists;
  const names = listed(targets.map(({ name }) => show(name)));
  const expected = `one that is in a cell of the target ${names}, or none`;
  throw new OptionError(where, 'labelSeparator', `has ${requested}, expected ${expected}`);
}

/**
 * A list of labels, as JSON has them, as the text of a cell; undefined if it has other values than texts, or the target
 * is none of labels. @throws CellError for a label with the separator in it.
 */
export function joinLabels(
  cell: readonly unknown[],
  { name, targetKind }: PlannedColumn,
  plan: ColumnPlan,
  { preprocessing, hasNewTarget, isPlain, options }: TableRequest,
): string | undefined {
  const { labelSeparator: requested = 'semicolon', classNames } = options;
  const isKnown = preprocessing !== null && !hasNewTarget;
  const isOfLabels = !isKnown && !isPlain && targetKind !== 'values' && classNames === undefined;
  const separator = plan.lists.get(name) ?? (isOfLabels && requested !== 'none' ? separators[requested] : undefined);
  if (separator === undefined || !cell.every((label) => typeof label === 'string')) return undefined;
  const label = cell.find((text) => text.includes(separator));
  if (label === undefined) return cell.join(separator);
  const others = Object.keys(separators).filter((other) => separators[other as keyof typeof separators] !== separator);
  const advice = isKnown ? '' : ` (--label-separator ${others.join(' or ')} joins labels otherwise)`;
  throw new CellError(name, `has the label ${show(label)}`, `labels without ${show(separator)}${advice}`);
}

/**
 * Whether words are lists of labels: two thirds of the labels in lists are in other words, too, and there are no more
 * labels than words. A comma is also within names, such as Boston, MA: one of its labels has to be a word alone.
 */
function areLists(words: readonly string[], separator: string): boolean {
  const lists = words.map((word) => labelsIn(word, separator));
  const counts = new Map<string, number>(); // of words with the label
  for (const label of lists.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  const inLists = new Set(lists.filter(({ length }) => length > 1).flat());
  const sharedCount = [...inLists].filter((label) => (counts.get(label) ?? 0) > 1).length;
  const isAlone = separator !== ',' || lists.some(([first, ...others]) => others.length === 0 && inLists.has(first));
  return inLists.size > 0 && 3 * sharedCount >= 2 * inLists.size && counts.size <= words.length && isAlone;
}

/**
 * A target of two classes, no and yes, for each label of a column; a gap has no label. `isOfJson`: some cells are lists
 * of JSON rather than texts.
 * @throws ColumnError for a single label, for too many, and for one that a model does not know.
 */
export function decideLabels(
  list: LabelList,
  collectedColumn: CollectedColumn,
  modelTargets: readonly TargetDecoding[] | undefined,
  isOfJson: boolean,
): Target[] {
  const { column, separator } = list;
  const lists = collectedColumn.words.map((word) => labelsIn(word, separator));
  const labelNames = sortedNames(new Set(lists.flat()));
  const labels =
    modelTargets?.filter((target) => labelListOf(target)?.column === column).map(({ name }) => name) ?? labelNames;
  if (labels.length < 2 || labels.length > MAX_LABELS) {
    throw new ColumnError(`has ${counted(labels.length, 'label')}, expected 2 to ${MAX_LABELS} (${EACH_A_CLASS})`);
  }
  const unknown = labelNames.find((label) => !labels.includes(label));
  if (unknown !== undefined) throw new ColumnError(`has the label ${show(unknown)}, expected ${listed(labels)}`);
  const cells = collectedColumn.drainCells(); // [N] indices into words, -1 for a gap
  const reason = isOfJson ? JSON_LISTS : `lists separated by ${show(separator)}`;
  return labels.map((name) => {
    const isIn = lists.map((labels) => Number(labels.includes(name)));
    const indices = Int32Array.from(cells, (index) => isIn[index] ?? 0);
    const data = { kind: 'words', words: NO_YES, indices } as const;
    return { column: { name, type: 'categorical', reason, gaps: 0, list, data }, classes: NO_YES, isGuess: false };
  });
}

const NO_YES = ['no', 'yes'];

const JSON_LISTS = 'lists of JSON';

/** Says which targets are lists of labels. */
export const labelLists: Sniffer = {
  flag: '--label-separator',
  decide({ targets, rows, options }) {
    if (options.labelSeparator !== undefined) return [];
    const columns = new Map(targets.map(({ column: { list } }) => [list?.column, list]));
    return [...columns.values()].flatMap((list) => {
      if (list === undefined) return [];
      const labels = targets.filter(({ column }) => column.list?.column === list.column);
      const counts = new Uint32Array(rows); // of labels in each row
      for (const { column } of labels)
        if (column.data.kind === 'words') for (const [n, has] of column.data.indices.entries()) counts[n] += has;
      const without = counts.reduce((sum, count) => sum + Number(count === 0), 0);
      const emptyText = without === 0 ? '' : `, ${counted(without, 'row')} without one`;
      const separatorText = labels[0].column.reason === JSON_LISTS ? '' : `, separated by ${show(list.separator)}`;
      const listsText = `lists of ${labels.length} labels${separatorText}${emptyText}`;
      return [`the target ${show(list.column)} is read as ${listsText} (${EACH_A_CLASS})`];
    });
  },
};
