import type { BackendRecord } from '@gradloom/runtime';

/** 'wasm', or 'blas (OpenBLAS 0.3.29 SkylakeX)'. */
export function backendName(backend: BackendRecord): string {
  if (!('library' in backend)) return backend.name;
  const { name, version, core } = backend.library;
  return `${backend.name} (${name} ${version} ${core})`;
}
