import { dateText, isDateFormat, rowPartsOf, tokensOf } from '@gradloom/core/internal';
import {
  createModel,
  type Dataset,
  explainModel,
  type Model,
  subset,
  summarizeTable,
  type TableColumn,
  type TrainResult,
} from '@gradloom/runtime';
import { datasetOfHead, modelsOfHeads } from '@gradloom/runtime/internal';
import type { OpenedTable } from '../../../files/datasets/open-dataset.ts';
import { rankImportances } from '../../../lab/figures/importances.ts';
import { defined } from '../../../options/option.ts';
import {
  type Answers,
  MAX_DRAWN_TARGETS,
  MAX_LISTED_COLUMNS,
  type Predictions,
  type TableFindings,
} from '../../../report/findings/findings.ts';
import { drawRows } from '../../explain/draw-rows.ts';
import type { Recipe } from '../recipe.ts';

/** Shuffles of each column. */
const REPEATS = 3;

/** Maximum number of multiplications by a weight for the importances, so that a report does not take long. */
const MAX_MULTIPLICATIONS = 4e9;

/** Fewer rows say little of a column. */
const MIN_EXPLAINED_ROWS = 20;
const MAX_EXPLAINED_ROWS = 1000;

const MAX_CELLS_PER_ROW = 8;
const MAX_CELL_CHARACTERS = 80;

type Worst = readonly (Answers | Predictions | null)[];

/** The columns of a user's table, their importances, and the cells of the worst rows; null for other data. */
export async function readTableFindings(
  recipe: Recipe,
  result: TrainResult,
  worst: Worst,
): Promise<TableFindings | null> {
  const { table: opened, sets } = recipe;
  if (opened === undefined) return null;
  const split = (['test', 'validation', 'train'] as const).find((name) => sets[name] !== undefined) ?? 'train';
  const columns = summarizeTable(opened.table, opened.preprocessing);
  const importances = await importancesOf(recipe, result, split, sets[split] ?? sets.train);
  return {
    columnsInAll: columns.length,
    columns: columns
      .slice(0, MAX_LISTED_COLUMNS)
      .map(({ name, role, type, reason, gaps, becomes }) => ({
        name,
        use: type === null || role === 'input' ? (type ?? role) : `${role}: ${type}`,
        reason,
        gaps,
        becomes,
      })),
    importances,
    ...cellsOf(opened, split, sets[split]?.rows ?? 0, importances, worst),
  };
}

/** Permutation importances on some held-out rows, for each target. Empty where they would take long. */
async function importancesOf(
  { table: opened, values }: Recipe,
  result: TrainResult,
  split: string,
  dataset: Dataset,
): Promise<TableFindings['importances']> {
  const { preprocessing } = dataset;
  const hasSequences = rowPartsOf(preprocessing) !== undefined || tokensOf(preprocessing) !== undefined;
  const isStreamed = dataset.inputs.file !== undefined;
  if (opened?.table.series !== undefined || hasSequences || isStreamed) return [];
  const model = createModel(result);
  const targets: readonly { name: string | null; model: Model }[] = modelsOfHeads(model) ?? [{ name: null, model }];
  const copies = 1 + REPEATS * (opened?.preprocessing.columns.length ?? 0);
  const affordableRows = Math.floor(MAX_MULTIPLICATIONS / (copies * targets.length * result.parameters.length));
  const { seed = 0, blas } = values;
  const explained = subset(dataset, drawRows(dataset, Math.min(affordableRows, MAX_EXPLAINED_ROWS), seed));
  if (explained.rows < Math.min(MIN_EXPLAINED_ROWS, dataset.rows)) return [];
  const importances: TableFindings['importances'][number][] = [];
  for (const { name, model: targetModel } of targets.slice(0, MAX_DRAWN_TARGETS)) {
    const targetRows = name === null ? explained : datasetOfHead(explained, name, targets.length === 1);
    if (targetRows === undefined) continue;
    const { backend, threads } = result;
    const explanation = await explainModel(targetModel, targetRows, {
      backend: backend.name,
      threads,
      repeats: REPEATS,
      seed,
      ...defined({ blas }),
    });
    const facts = { dataset: dataset.name, split, allRows: dataset.rows, seed, isTable: true };
    const summaries = explanation.importances.map(({ values: _, ...summary }) => summary);
    importances.push({ target: name, ...facts, ...explanation, importances: summaries });
  }
  return importances;
}

/** Cells of the most wrong rows, in the most important columns; none for a series, whose rows are windows. */
function cellsOf(
  { table, rows }: OpenedTable,
  split: 'test' | 'validation' | 'train',
  count: number, // of the rows of the split's dataset
  importances: TableFindings['importances'],
  worst: Worst,
): Pick<TableFindings, 'cellColumns' | 'rows'> {
  const tableRows = rows[split];
  if (table.series !== undefined || tableRows?.length !== count) return { cellColumns: [], rows: [] };
  const wrongRows = worst.flatMap((found) => {
    if (found === null) return [];
    if ('mistakes' in found) return found.mistakes.map(({ row }) => row);
    return found.outputs.flatMap(({ worst = [] }) => worst.map(({ row }) => row));
  });
  const rank = importances.length === 0 ? [] : rankImportances(importances[0]).map(({ name }) => name);
  const placeOf = ({ name }: TableColumn) => (rank.includes(name) ? rank.indexOf(name) : rank.length);
  const shownColumns = [...table.inputs].sort((a, b) => placeOf(a) - placeOf(b)).slice(0, MAX_CELLS_PER_ROW);
  const textOf = shownColumns.map(cellTexts);
  return {
    cellColumns: shownColumns.map(({ name }) => name),
    rows: [...new Set(wrongRows)].map((row) => ({ row, cells: textOf.map((text) => text(tableRows[row])) })),
  };
}

/** Reads the cells of a column as text, '' for a gap. */
function cellTexts({ type, data, format }: TableColumn): (row: number) => string {
  if (data.kind === 'words') {
    const { words, indices } = data;
    return (row) => {
      const word = words[indices[row]] ?? '';
      return word.length > MAX_CELL_CHARACTERS ? `${word.slice(0, MAX_CELL_CHARACTERS)}…` : word;
    };
  }
  const { values } = data; // a cached column is read on each access
  return (row) => {
    const value = values[row];
    if (Number.isNaN(value)) return '';
    if (type === 'date') return dateText(value, format !== undefined && isDateFormat(format) ? format : undefined);
    return type === 'boolean' ? (value === 0 ? 'no' : 'yes') : String(value);
  };
}
