import { networks, type RowPart } from '@gradloom/core/internal';
import type { Dataset, TableSeries } from '@gradloom/runtime';
import { partsDefaults, sequenceDefaults, tableDefaults, tableShares, textDefaults } from '@gradloom/runtime/internal';
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

const DEFAULT_NETWORK = 'convnet';

/** The known network for images by default, if they are large enough for it. */
export function imageNetwork({ inputs: { shape = [] } }: Dataset): Pick<Preset, 'network'> {
  try {
    networks[DEFAULT_NETWORK](shape, 1); // throws for images that are too small
    return { network: DEFAULT_NETWORK };
  } catch {
    return {};
  }
}

/**
 * Defaults for a known network of images, in place of those of the dataset for hidden layers: adam with one-cycle up to
 * 0.005; batches of a fiftieth of the rows, 16 to 128; 15 epochs, but at least 400 steps. No early stopping, since the
 * loss of one-cycle falls most at its end. Measured with convnet on 28 x 28 pictures of three shapes, with two seeds:
 * test accuracy at rates of 0.001, 0.003, 0.005 with cosine is 62, 80, 84 % for 126 rows and 75, 98, 96 % for 420 rows;
 * with one-cycle it is 64, 83, 88 % and 82, 98, 99 %.
 */
export function imagePreset(defaultPreset: Preset, rows: number): Preset {
  const batch = Math.min(128, Math.max(16, 2 ** Math.round(Math.log2(rows / 50))));
  const stepsPerEpoch = Math.ceil(rows / Math.min(batch, rows));
  const epochs = Math.max(15, Math.ceil(400 / stepsPerEpoch));
  const training = { optimizer: { kind: 'adam', lr: 0.005 }, schedule: 'one-cycle', batch, epochs } as const;
  return { ...without(defaultPreset, 'steps', 'patience'), ...training };
}
