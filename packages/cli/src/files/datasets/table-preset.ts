import type { RowPart } from '@gradloom/core/internal';
import type { TableSeries } from '@gradloom/runtime';
import {
  imageDefaults,
  partsDefaults,
  sequenceDefaults,
  tableDefaults,
  tableShares,
  textDefaults,
} from '@gradloom/runtime/internal';
import { without } from '../../options/option.ts';
import type { Preset } from './presets.ts';

/** The least share of the rows of a table that has a window of each series. */
export function minSeriesShare(rows: number, { key, context, horizon }: TableSeries): number {
  const count = key?.data.kind === 'words' ? key.data.words.length : 1;
  return (count * (context + horizon)) / rows;
}

/** Default shares of a series: those of a table, if they have a window of each series. */
export const seriesShares = (rows: number, series: TableSeries): ReturnType<typeof tableShares> =>
  minSeriesShare(rows, series) > 0.1 ? { validation: 0, test: 0 } : tableShares(rows);

const nothingHeldOut = { options: {}, validation: 0, test: 0, testsItself: false };

/** Defaults for a user's table, arrays or images, from the training rows N and the weight decay. */
export const tablePreset = (rows: number, decay: number): Preset => ({
  ...nothingHeldOut,
  ...tableDefaults(rows, decay),
});

/** Defaults for a series of N training windows: those of a table, with a recurrent network. */
export const seriesPreset = (rows: number): Preset => ({ ...tablePreset(rows, 0), ...sequenceDefaults });

/** Defaults for N training rows with parts. */
export const partsPreset =
  (parts: readonly RowPart[]) =>
  (rows: number): Preset => ({ ...nothingHeldOut, ...partsDefaults(parts)(rows) });

/** Defaults for N training rows of texts. */
export const textsPreset = (rows: number): Preset => ({ ...nothingHeldOut, ...textDefaults(rows) });

/** Defaults for a known network of N training images, in place of those of the dataset for hidden layers. */
export const imagePreset = (defaultPreset: Preset, rows: number): Preset => ({
  ...without(defaultPreset, 'steps', 'patience'),
  ...without(imageDefaults(rows), 'steps'),
});
