import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type LoadedParts, OptionError } from '@gradloom/core';
import { type ModuleSource, NOTHING_LOADED, reasonOf, show, showPath } from '@gradloom/core/internal';
import { currentDirectory } from '../../system/files/check-path.ts';
import { systemReason } from '../../system/files/system-reason.ts';
import { EXPECTED, hashOfFile, importParts } from './imported-parts.ts';

/**
 * Imports modules with custom parts (see `defineActivation`, `defineLoss`, `defineLayer`, `defineInitializer`,
 * `defineSchedule` and `defineMetric`): `loadModel(path, { parts: await loadParts('./my-parts.js') })`. Their code runs
 * in this process. `train` does this itself with its option `modules`.
 * @param modules paths from the current directory, or file URLs
 * @throws Error (rejects) naming the module that cannot be read or imported, or has an incomplete part.
 */
export const loadParts = (modules: string | URL | readonly (string | URL)[]): Promise<LoadedParts> =>
  loadModules('loadParts', Array.isArray(modules) ? modules : [modules]);

/** Same as `loadParts`, for the option `modules` of `where`. */
export async function loadModules(where: string, modules: readonly (string | URL)[]): Promise<LoadedParts> {
  if (modules.length === 0) return NOTHING_LOADED;
  const paths = modules.map((module) => pathOf(where, module));
  const { parse } = await import('es-module-lexer/js');
  try {
    const sources = paths.map((path) => sourceOf(path, (source) => localImports(parse(source)[0])));
    const customParts = await importParts(sources);
    return { modules: sources.map(({ name, sha256 }) => ({ name, sha256 })), sources, customParts };
  } catch (error) {
    const reason = reasonOf(error);
    throw new OptionError(where, 'modules', reason, { about: 'module', cause: error });
  }
}

/** Resolved before the first await, after which the current directory may have changed. */
function pathOf(where: string, module: unknown): string {
  if (module instanceof URL && module.protocol === 'file:') return fileURLToPath(module);
  if (typeof module === 'string' && module.startsWith('file:')) return fileURLToPath(module);
  if (typeof module === 'string' && module !== '') return resolve(currentDirectory(), module);
  throw new OptionError(where, 'modules', `has ${show(module)}, expected the path of a module, or its file URL`);
}

const localImports = (imports: readonly { readonly specifier?: string | null | undefined }[]): string[] =>
  imports.flatMap(({ specifier }) => (specifier != null && /^(\.{0,2}\/|file:)/.test(specifier) ? [specifier] : []));

/** Files that are searched for imports. */
const SOURCE = /\.[cm]?[jt]s$/;

/** The module and all files that it imports by path; packages are not part of its hash. */
function sourceOf(path: string, importsOf: (source: string) => readonly string[]): ModuleSource {
  const files = new Map<string, string>();
  const queue = [path];
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (files.has(file)) continue;
    files.set(file, hashFile(file));
    if (!SOURCE.test(file)) continue;
    const base = pathToFileURL(file);
    for (const specifier of importsIn(file, importsOf)) queue.push(fileURLToPath(new URL(specifier, base)));
  }
  const hash = createHash('sha256');
  // The hash does not depend on the folder or on the order in which files are found.
  const namedHashes = [...files].map(
    ([file, sha256]) => [relative(dirname(path), file).replaceAll(sep, '/'), sha256] as const,
  );
  for (const [name, sha256] of namedHashes.sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(`${name}\0${sha256}\n`);
  return {
    name: basename(path),
    sha256: hash.digest('hex'),
    url: pathToFileURL(path).href,
    files: [...files].map(([path, sha256]) => ({ path, sha256 })),
  };
}

function hashFile(path: string): string {
  try {
    return hashOfFile(path);
  } catch (error) {
    throw new Error(`${showPath(path)} cannot be read: ${systemReason(error)}, ${EXPECTED}`, { cause: error });
  }
}

function importsIn(path: string, importsOf: (source: string) => readonly string[]): readonly string[] {
  try {
    return importsOf(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = reasonOf(error);
    throw new Error(`${showPath(path)} cannot be parsed: ${reason}, ${EXPECTED}`, { cause: error });
  }
}

/** Options of reading a model file or checkpoint. */
export interface LoadOptions {
  /** The custom parts that it was trained with: `await loadParts('./my-parts.js')`. @default none */
  readonly parts?: LoadedParts;
}
