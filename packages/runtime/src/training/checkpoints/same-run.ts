import type { TablePreprocessing } from '@gradloom/core';
import { FLOAT64, ofTable, ofText, plainJson } from '@gradloom/core/internal';
import { bitsOf } from '../../engine/backends/backend.ts';
import { type Difference, differences } from '../../system/files/differences.ts';
import type { Checkpoint, RunRecord } from './checkpoint.ts';

/** The parts of a checkpoint that identify its run. */
export type RunIdentity = Pick<Checkpoint, 'spec' | 'loss' | 'preprocessing' | 'record'>;

/** All differences between two runs that affect results, except their lengths. */
export function runDifferences(run: RunIdentity, other: RunIdentity): Difference[] {
  // The hash of the rows covers how images are encoded.
  const preprocessing = ({ preprocessing: encoding }: RunIdentity) =>
    plainJson({ preprocessing: withoutRemarks(ofTable(encoding)) ?? ofText(encoding) ?? null });
  return [
    ...differences(plainJson(comparable(run)), plainJson(comparable(other))),
    // Only the first: another table differs in every column.
    ...differences(preprocessing(run), preprocessing(other)).slice(0, 1),
  ];
}

/** Ranges and names of rarer categories change no input, and checkpoints of earlier versions have none. */
const withoutRemarks = (preprocessing: TablePreprocessing | undefined) =>
  preprocessing && {
    ...preprocessing,
    columns: preprocessing.columns.map((column) => ({
      ...column,
      range: undefined,
      ...('others' in column ? { others: Boolean(column.others) } : {}),
    })),
  };

export const isSameRun = (run: RunIdentity, other: RunIdentity): boolean => runDifferences(run, other).length === 0;

function comparable({ spec, loss, record }: RunIdentity) {
  const { backend, modules = [], precision, totalSteps: _, ...rest }: RunRecord = record;
  return {
    spec,
    loss: typeof loss === 'string' ? { kind: loss } : loss,
    precision: precision ?? FLOAT64,
    ...rest,
    modules: Object.fromEntries(modules.map(({ name, sha256 }) => [name, sha256])),
    ...bitsOf(backend),
  };
}
