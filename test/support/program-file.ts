import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The path of one of the programs that `compilePrograms` made before the tests began. */
export function programFile(name: string): string {
  const folder = process.env.GRADLOOM_TEST_PROGRAMS;
  if (folder === undefined) {
    throw new Error(`programFile: ${name} is not compiled, expected GRADLOOM_TEST_PROGRAMS to name the folder`);
  }
  return join(folder, `${name}.js`);
}

/** The same for `--import`. */
export const programUrl = (name: string): string => pathToFileURL(programFile(name)).href;
