import type { TestContext } from 'vitest';
import { type BlasLibrary, findBlas } from '../../packages/runtime/src/engine/backends/native/find-blas.ts';
import { skipFor } from './needs.ts';

/** The BLAS of this machine; skips the test if there is none. */
export function installedBlas(context: TestContext): BlasLibrary {
  const { library, reason } = findBlas();
  return library ?? skipFor(context, 'blas', `${reason}`);
}
