import { type OpenedDataset, openDataset } from '../../files/datasets/open-dataset.ts';
import { withTableFlags } from '../../files/datasets/table-options.ts';
import type { TrainValues } from './options.ts';

/** Reads the data of a run and splits it. With folds, no rows are put aside unless a test share is asked for. */
export function openRun({
  dataset,
  ...values
}: TrainValues & Required<Pick<TrainValues, 'dataset'>>): Promise<OpenedDataset> {
  const { validation, folds, fold, test = folds === undefined ? undefined : 0 } = values;
  return openDataset(withTableFlags(dataset, values), { validation, test, folds, fold });
}

/** What the columns of a table may have wrong, and what only held-out rows have. */
export const warningsOf = ({ table }: OpenedDataset): readonly string[] =>
  table === undefined ? [] : [...table.table.warnings, ...table.notes];
