import type { BackendRecord } from '@gradloom/runtime';
import { isFusedRecord } from '@gradloom/runtime/internal';

/** 'wasm', 'wasm, unfused', or 'blas (OpenBLAS 0.3.29 SkylakeX)'. */
export function backendName(backend: BackendRecord): string {
  if (!('library' in backend)) return isFusedRecord(backend) ? backend.name : `${backend.name}, unfused`;
  const { name, version, core } = backend.library;
  return `${backend.name} (${name} ${version} ${core})`;
}
