import { type Difference, differences } from '../files/differences.ts';
import { plainJson } from '../files/json.ts';
import type { BlasIdentity } from '../native/find-blas.ts';
import type { Checkpoint, RunRecord } from './checkpoint.ts';

/** What says which run it is. */
export type RunIdentity = Pick<Checkpoint, 'spec' | 'loss' | 'record'>;

/** All in which two runs differ that decides bits, but for their lengths. */
export function runDifferences(own: RunIdentity, other: RunIdentity): Difference[] {
  return differences(plainJson(comparable(own)), plainJson(comparable(other)));
}

export const isSameRun = (own: RunIdentity, other: RunIdentity): boolean => runDifferences(own, other).length === 0;

/** A library may lie elsewhere: what decides the bits is which it is. */
function comparable({ spec, loss, record }: RunIdentity) {
  const { backend, totalSteps: _, ...rest }: RunRecord = record;
  return {
    spec,
    loss: typeof loss === 'string' ? { kind: loss } : loss,
    ...rest,
    backend: backend.name,
    blas: 'library' in backend ? libraryText(backend.library) : null,
  };
}

const libraryText = ({ name, version, core }: BlasIdentity): string => `${name} ${version} for ${core}`;
