import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Location of this module; undefined if a bundler has converted it to CommonJS. */
const moduleUrl: string | undefined = import.meta.url;

/** Loads a dependency of this package on first use. @throws what `require` throws. */
export function requireInstalled(name: string): unknown {
  return createRequire(locationFor(name))(name);
}

/** Loads, or finds the path of, a file installed with this package. @throws Error if a bundler has separated them. */
export const loadInstalled = (name: string): unknown => explainFailure(name, () => requireInstalled(name));
export const resolveInstalled = (name: string): string =>
  explainFailure(name, () => createRequire(locationFor(name)).resolve(name));

/** Path of a module of this package: next to the bundle in CommonJS, or a source in `src`. @throws if there is none. */
export function fileBeside(name: string): string {
  return resolveInstalled(locationFor(name).endsWith('.ts') ? `../${name}.ts` : `./${name}.cjs`);
}

function explainFailure<T>(name: string, find: () => T): T {
  try {
    return find();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw cause;
    throw separatedError(name, fileURLToPath(locationFor(name)), cause);
  }
}

function locationFor(name: string): string {
  if (moduleUrl === undefined) throw separatedError(name, 'a CommonJS module', undefined);
  return moduleUrl;
}

const separatedError = (name: string, from: string, cause: unknown): Error => {
  const expected = 'expected @gradloom/runtime as it is installed';
  const advice = 'if a bundler has included it, mark @gradloom/* as external';
  return new Error(`runtime: ${name} is not found from ${from}, ${expected} (${advice})`, { cause });
};
