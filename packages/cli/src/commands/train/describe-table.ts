import { createTokenizer } from '@gradloom/core';
import { listed, ofText, rowPartsOf, show, tokensOf } from '@gradloom/core/internal';
import { summarizeTable } from '@gradloom/runtime';
import { MIN_WATCHED_ROWS, timeInOrder } from '@gradloom/runtime/internal';
import { heldOut } from '../../files/datasets/held-out.ts';
import type { OpenedTable } from '../../files/datasets/open-dataset.ts';
import { minSeriesShare, seriesShares } from '../../files/datasets/table-preset.ts';
import { plural, whole } from '../../terminal/text/format.ts';
import { quote } from '../../terminal/text/quote.ts';
import { table as drawTable } from '../../terminal/text/table.ts';
import type { Recipe } from './recipe.ts';

/** Maximum number of columns that are shown: more would scroll the run away. */
const MAX_COLUMNS = 40;

/** Lines about the columns of the user's table and the decisions made for it. Empty for data that needed none. */
export function describeData(recipe: Recipe, width: number): string[] {
  const decisions = decisionsOf(recipe);
  const columns = recipe.table === undefined ? [] : [...describeTable(recipe.table, width), ''];
  return decisions.length === 0 ? [] : [...columns, ...decisions, ''];
}

/** The columns of a table and how each is used. */
function describeTable({ table, preprocessing }: OpenedTable, width: number): string[] {
  const columns = summarizeTable(table, preprocessing);
  const shownColumns =
    columns.length <= MAX_COLUMNS ? columns : [...columns.slice(0, MAX_COLUMNS - 1), ...columns.slice(-1)];
  const rows = shownColumns.map(({ name, role, type, reason, gaps, becomes }) => [
    name,
    role === 'target' ? `target: ${type}` : (type ?? role),
    reason,
    gaps === 0 ? '' : String(gaps),
    becomes,
  ]);
  const moreCount = columns.length - shownColumns.length;
  return [
    ...drawTable(['column', 'type', 'why', 'gaps', 'becomes'], rows, { right: [3], width }),
    ...(moreCount === 0 ? [] : [`and ${plural(moreCount, 'column')} more: --json has them all`]),
  ];
}

/** Automatic decisions about the user's data, each with how to change it; empty for other data. */
export function decisionsOf(recipe: Pick<Recipe, 'table' | 'decisions' | 'sets' | 'values'>): string[] {
  const { table, decisions = [] } = recipe;
  const dataDecisions = table === undefined ? decisions : tableDecisions(table);
  return dataDecisions.length === 0 ? [] : [...dataDecisions, ...earlyDecision(recipe)];
}

/** Why a run does not stop early by default. */
function earlyDecision({ sets, values, table }: Pick<Recipe, 'sets' | 'values' | 'table'>): string[] {
  const { train, validation } = sets;
  // Nothing is said for a text: even few validation rows of it predict many tokens.
  if (values.patience !== undefined || ofText(train.preprocessing) !== undefined) return [];
  if (validation === undefined) return [`no early stopping: it needs validation rows${validationAdvice(table?.table)}`];
  if (values.network !== undefined && validation.rows >= MIN_WATCHED_ROWS) return [NO_EARLY_STOPPING];
  const subject = `${plural(validation.rows, 'validation row')} ${validation.rows === 1 ? 'is' : 'are'} too few`;
  return [
    `no early stopping: ${subject} to tell the best step, ${MIN_WATCHED_ROWS} are enough (--patience 20 stops early)`,
  ];
}

/** How a run gets validation rows. In a table of series, they have to hold a window of each series. */
function validationAdvice(table: OpenedTable['table'] | undefined): string {
  const minShare = table?.series === undefined ? 0 : minSeriesShare(table.rows, table.series);
  if (minShare > MAX_SHARE) return ', for which the series is too short (a smaller --context makes shorter windows)';
  // Rounded up to a multiple of 0.05, and at least 0.1.
  return ` (--validation ${Math.max(2, Math.ceil(20 * minShare)) / 20})`;
}

/** A larger share would leave too few rows to train on. */
const MAX_SHARE = 0.5;

const NO_EARLY_STOPPING = 'no early stopping: the last steps of one-cycle are its best (--patience 20 stops early)';

function tableDecisions(openedTable: OpenedTable): string[] {
  const { table } = openedTable;
  const { scale = 'standard', missing = 'impute' } = table.options;
  const gaps = table.inputs.reduce((sum, column) => sum + column.gaps, 0);
  const gapDecisions = gaps > 0 && missing === 'impute' ? [IMPUTED] : [];
  const onTexts = tokenDecisions(openedTable.preprocessing);
  // Texts alone with classes have no numbers to scale.
  const scaleDecisions =
    tokensOf(openedTable.preprocessing) !== undefined && table.targets[0].data.kind === 'words'
      ? []
      : [scalings[scale]];
  return [
    ...table.decisions,
    ...windowDecisions(openedTable),
    ...onTexts,
    ...scaleDecisions,
    ...gapDecisions,
    ...(unheldSeriesDecision(openedTable) ?? heldOutDecisions(openedTable)),
  ];
}

/** Sentences on a column of texts. */
function tokenDecisions(preprocessing: OpenedTable['preprocessing']): string[] {
  const texts = tokensOf(preprocessing);
  const parts = rowPartsOf(preprocessing);
  if (parts !== undefined) {
    const names = parts.map(({ name, shape }) => `${name} [${shape.join(', ')}]`);
    const [noun, use] = parts.length === 1 ? ['part', 'the input'] : ['parts', 'inputs'];
    const sentence = `a row has the ${noun} ${listed(names)}, as ${use} of a network (--spec)`;
    return parts.some(({ vocabulary }) => vocabulary !== undefined) ? [sentence, TOKENS_OF_PARTS] : [sentence];
  }
  if (texts === undefined) return [];
  const { tokenizer, context } = texts;
  const { size, unknown } = createTokenizer(tokenizer);
  const others = unknown === undefined ? '' : ', one of which stands for all others';
  return [
    `tokens are ${tokenizer.kind}: ${whole(size)} of them${others} (--tokenizer)`,
    `each text is a row, padded to ${plural(context, 'token')} (--context)`,
  ];
}

const TOKENS_OF_PARTS =
  'texts are tokens of a vocabulary (--tokenizer), padded to the length that they become (--context)';

/** Sentences on the windows of series, and on the series that are too short for a window. */
function windowDecisions({ table: { series, targets }, rows: { train } }: OpenedTable): string[] {
  if (series === undefined) return [];
  const [{ name }] = targets;
  const { context, horizon, key } = series;
  const after = horizon === 1 ? 'row' : `${horizon} rows`;
  const windows = `windows of ${plural(context, 'row')} (--context)`;
  const sentence = `${windows} forecast ${show(name)} in the ${after} after each (--horizon)`;
  if (key?.data.kind !== 'words') return [sentence];
  const { words, indices } = key.data;
  const counts = new Uint32Array(words.length);
  for (const row of train) counts[indices[row]]++;
  const shortSeries = words.filter((_, k) => counts[k] < context + horizon);
  if (shortSeries.length === 0) return [sentence];
  const subject = `${whole(shortSeries.length)} of ${whole(words.length)} series (${listed(shortSeries, 3)})`;
  const neededRows = `the ${plural(context + horizon, 'training row')} of a window and its forecast`;
  return [sentence, `not trained on: ${subject}, with fewer than ${neededRows} (--context)`];
}

/** A sentence on a series of which nothing is held out, since a tenth has no window; null for other tables. */
function unheldSeriesDecision({ table: { rows: N, series }, rows }: OpenedTable): string[] | null {
  if (series === undefined || rows.validation !== undefined || rows.test !== undefined) return null;
  if (seriesShares(N, series).test > 0) return null;
  const windowRows = plural(series.context + series.horizon, 'row');
  return [
    `no rows are held out: a tenth of a series has less than the ${windowRows} of a window (--validation, --test)`,
  ];
}

function heldOutDecisions({ table, rows, folds }: Pick<OpenedTable, 'table' | 'rows' | 'folds'>): string[] {
  const defaultRule = table.targets[0].data.kind === 'words' ? 'class' : 'chance';
  const splitRule = table.series !== undefined ? 'time' : (table.split?.by ?? defaultRule);
  const sentences = heldOut({ validation: rows.validation?.length, test: rows.test?.length }, splitRule, folds);
  const timeColumn = splitRule === defaultRule && table.options.split === undefined ? timeInOrder(table) : undefined;
  if (timeColumn === undefined || (rows.validation ?? rows.test) === undefined) return sentences;
  const advice = `--split ${quote(`time:${timeColumn}`)} holds out the last ones, --split random says that this is meant`;
  return [...sentences, `rows are in the order of ${show(timeColumn)}, but are held out at random (${advice})`];
}

const scalings = {
  standard: 'numbers are scaled by mean and deviation of the training rows (--scale minmax, robust or none)',
  minmax: 'numbers are scaled to 0 and 1 over the training rows (--scale standard, robust or none)',
  robust: 'numbers are scaled by median and quartiles of the training rows (--scale standard, minmax or none)',
  none: 'numbers are not scaled (--scale standard, minmax or robust)',
};

const IMPUTED = 'gaps are filled with the median, or are a category (--missing drop leaves their rows out)';
