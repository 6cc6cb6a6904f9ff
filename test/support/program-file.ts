import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The path of a program that `compilePrograms` compiled before the tests. */
export const programFile = (name: string, ending = 'js'): string => join(programFolder(), `${name}.${ending}`);

/** The folder from which a program imports our packages, compiled in the same way. */
export const compiledPackages = (): string => join(dirname(programFolder()), 'outside/node_modules');

function programFolder(): string {
  const folder = process.env.GRADLOOM_TEST_PROGRAMS;
  if (folder !== undefined) return folder;
  throw new Error('programFile: nothing is compiled, expected GRADLOOM_TEST_PROGRAMS to name the folder');
}

/** The URL of such a program, for `--import`. */
export const programUrl = (name: string): string => pathToFileURL(programFile(name)).href;
