import type { TestContext } from 'vitest';
import { type BlasLibrary, findBlas } from '../../packages/runtime/src/native/find-blas.ts';
import { skipFor } from './needs.ts';

/** This machine's BLAS; the test is skipped where there is none. */
export function installedBlas(context: TestContext): BlasLibrary {
  const { library, reason } = findBlas();
  return library ?? skipFor(context, 'blas', `${reason}`);
}
