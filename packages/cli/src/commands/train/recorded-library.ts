import type { Backend } from '@gradloom/runtime';
import { backendRecord } from '@gradloom/runtime/internal';
import { isRecord } from '../../options/read-object.ts';
import { backendName } from '../../terminal/text/format.ts';

/** 'blas (OpenBLAS 0.3.29 Haswell)' from a run's config.json; null if no library computed it. */
export function recordedLibrary({ backend }: Readonly<Record<string, unknown>>): string | null {
  if (!isRecord(backend) || !isRecord(backend.library)) return null;
  const { name, version, core } = backend.library;
  return `blas (${name} ${version} ${core})`;
}

/** A warning if a run computes with another library than the run that its options come from; else null. */
export function otherLibrary(recorded: string | null, backend: Backend): string | null {
  const current = backendName(backendRecord(backend));
  if (recorded === null || backend.name !== 'blas' || current === recorded) return null;
  return `the options come from a run on ${recorded}, this one takes ${current}: their weights differ by rounding (--blas chooses the library)`;
}
