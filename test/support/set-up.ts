import { compilePrograms } from './compile-programs.ts';

/** Compiles programs before all tests. Returns a teardown that removes them. */
export async function setup(): Promise<(() => void) | undefined> {
  if (process.env.GRADLOOM_TEST_PROGRAMS !== undefined) return; // an earlier project has done it
  const { folder, remove } = await compilePrograms();
  process.env.GRADLOOM_TEST_PROGRAMS = folder;
  return remove;
}
