import type { TableSeries } from '@gradloom/runtime';
import type { Preset } from './presets.ts';
import { tablePreset, tableShares } from './table-preset.ts';

/**
 * Defaults for a series of N training windows with I inputs a row: those of a table, with a recurrent network and
 * little weight decay, since the weights of all steps are the same.
 */
export const seriesPreset = (rows: number, inputs: number): Preset => ({
  ...tablePreset(rows, inputs),
  network: 'gru:1x64',
  optimizer: { kind: 'adamw', lr: 0.003, weightDecay: 0.01 },
});

/** Default shares: a tenth for each set, if that is enough for a window of each series. */
export function seriesShares(rows: number, { key, context, horizon }: TableSeries): ReturnType<typeof tableShares> {
  const count = key?.data.kind === 'words' ? key.data.words.length : 1;
  return tableShares(rows / 10 / count < context + horizon ? 0 : rows);
}
