import { compilePrograms } from './compile-programs.ts';

/** Before all tests: compiles what they start. The teardown that it returns removes it. */
export async function setup(): Promise<(() => void) | undefined> {
  if (process.env.GRADLOOM_TEST_PROGRAMS !== undefined) return; // the first of the projects has done it
  const { folder, remove } = await compilePrograms();
  process.env.GRADLOOM_TEST_PROGRAMS = folder;
  return remove;
}
