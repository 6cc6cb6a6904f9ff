import { summarizeTable } from '@gradloom/runtime';
import { heldOut } from '../datasets/held-out.ts';
import type { OpenedTable } from '../datasets/open-dataset.ts';
import { plural } from '../text/format.ts';
import { table as drawTable } from '../text/table.ts';
import type { Recipe } from './recipe.ts';

/** Columns that are shown: more would scroll the run away. */
const MOST_COLUMNS = 40;

/** What was found and decided about the data of the user, if they are of the user. */
export function describeData({ table, decisions = [] }: Pick<Recipe, 'table' | 'decisions'>, width: number): string[] {
  if (table !== undefined) return describeTable(table, width);
  return decisions.length === 0 ? [] : [...decisions, ''];
}

/** The columns of a table and what becomes of them, then what was decided, each with how to change it. */
export function describeTable(opened: OpenedTable, width: number): string[] {
  const { table, preprocessing } = opened;
  const columns = summarizeTable(table, preprocessing);
  const shown =
    columns.length <= MOST_COLUMNS ? columns : [...columns.slice(0, MOST_COLUMNS - 1), ...columns.slice(-1)];
  const rows = shown.map(({ name, role, type, reason, gaps, becomes }) => [
    name,
    role === 'target' ? `target: ${type}` : (type ?? role),
    reason,
    gaps === 0 ? '' : String(gaps),
    becomes,
  ]);
  const left = columns.length - shown.length;
  return [
    ...drawTable(['column', 'type', 'why', 'gaps', 'becomes'], rows, { right: [3], width }),
    ...(left === 0 ? [] : [`and ${plural(left, 'column')} more: --json has them all`]),
    '',
    ...decisionsOf(opened),
    '',
  ];
}

/** What was decided without being asked, a sentence each. */
export function decisionsOf(opened: Pick<OpenedTable, 'table' | 'rows' | 'folds'>): string[] {
  const { table } = opened;
  const { scale = 'standard', missing = 'impute' } = table.options;
  const gaps = table.inputs.reduce((sum, column) => sum + column.gaps, 0);
  const imputed = gaps > 0 && missing === 'impute' ? [IMPUTED] : [];
  return [...table.decisions, scalings[scale], ...imputed, ...heldOutOf(opened)];
}

function heldOutOf({ table, rows, folds }: Pick<OpenedTable, 'table' | 'rows' | 'folds'>): string[] {
  const isOfClasses = table.targets[0].data.kind === 'words';
  return heldOut({ validation: rows.validation?.length, test: rows.test?.length }, isOfClasses, folds);
}

const scalings = {
  standard: 'numbers are scaled by mean and deviation of the training rows (--scale minmax, robust or none)',
  minmax: 'numbers are scaled to 0 and 1 over the training rows (--scale standard, robust or none)',
  robust: 'numbers are scaled by median and quartiles of the training rows (--scale standard, minmax or none)',
  none: 'numbers are not scaled (--scale standard, minmax or robust)',
};

const IMPUTED = 'gaps are filled with the median, or are a category (--missing drop leaves their rows out)';
