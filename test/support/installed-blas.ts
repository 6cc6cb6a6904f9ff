import type { TestContext } from 'vitest';
import { type BlasLibrary, findBlas } from '../../packages/runtime/src/native/find-blas.ts';

/** This machine's BLAS; without one the test is skipped with the reason, and fails where CI is set. */
export function installedBlas(context: TestContext): BlasLibrary {
  const { library, reason } = findBlas();
  if (library !== null) return library;
  if (process.env.CI) throw new Error(reason);
  return context.skip(reason);
}
