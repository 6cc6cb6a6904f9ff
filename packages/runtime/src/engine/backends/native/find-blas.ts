import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { onlyKeys, reasonOf } from '@gradloom/core/internal';
import { type Koffi, loadKoffi, type NativeLibrary } from '../../../system/native/koffi.ts';
import { type BlasIdentity, type BlasLibrary, bindBlas } from './blas-library.ts';

export type { BlasIdentity, BlasLibrary };

export interface FindBlasOptions {
  path?: string | undefined; // the only library to try; default: GRADLOOM_BLAS of the environment, else by name
  environment?: Readonly<Record<string, string | undefined>>; // default process.env
  names?: readonly string[]; // names to try, in order; default: this platform's
  koffi?: () => Koffi; // default: the installed package
}

/** A library, or the reason why there is none. */
export type BlasSearch =
  | { readonly library: BlasLibrary; readonly reason: null }
  | { readonly library: null; readonly reason: string };

/**
 * Opens the given BLAS library, or the first usable one that the system finds by name.
 * @throws Error only for invalid options.
 */
export function findBlas(options: FindBlasOptions = {}): BlasSearch {
  onlyKeys('findBlas', options, ['path', 'environment', 'names', 'koffi']);
  let koffi: Koffi;
  try {
    koffi = (options.koffi ?? loadKoffi)();
  } catch (error) {
    return refusal(`koffi is not installed, expected version 3 (${firstLine(error)})`);
  }
  if (options.path !== undefined) return open(koffi, options.path, 'path');
  const { GRADLOOM_BLAS } = options.environment ?? process.env;
  if (GRADLOOM_BLAS) return open(koffi, GRADLOOM_BLAS, 'GRADLOOM_BLAS');
  return search(koffi, options.names ?? blasNames[process.platform] ?? []);
}

/** libblas.so.3 is whichever BLAS Debian's alternatives select; Netlib's is refused. */
const blasNames: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: [
    ...['libopenblas.so.0', 'libopenblasp.so.0', 'libopenblas.so'],
    ...['libblis.so.4', 'libblis.so.5', 'libblis.so', 'libblis-mt.so'],
    ...['libmkl_rt.so.2', 'libmkl_rt.so.1', 'libmkl_rt.so'],
    'libblas.so.3',
  ],
  darwin: [
    ...['libopenblas.dylib', 'libblis.dylib', 'libmkl_rt.2.dylib'],
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
  ],
  win32: ['libopenblas.dll', 'openblas.dll', 'mkl_rt.2.dll', 'mkl_rt.dll'],
};

function open(koffi: Koffi, path: string, where: string): BlasSearch {
  const has = `${where} has ${JSON.stringify(path)}`;
  const library = load(koffi, path);
  if (library instanceof Error) return refusal(`${has}, expected a BLAS library (${firstLine(library)})`);
  const found = bind(koffi, library, path);
  return found instanceof Error ? refusal(`${has}, ${firstLine(found)}`) : { library: found, reason: null };
}

function search(koffi: Koffi, names: readonly string[]): BlasSearch {
  let refused = '';
  for (const name of names) {
    const library = load(koffi, name);
    if (library instanceof Error) continue;
    const found = bind(koffi, library, name);
    if (!(found instanceof Error)) return { library: found, reason: null };
    refused += `; ${name} is there, ${firstLine(found)}`;
  }
  const wanted = names.length === 0 ? `a path, on ${process.platform}` : `one of ${names.join(', ')}`;
  const hint = process.platform === 'linux' ? " (Debian's libopenblas0-pthread brings one)" : '';
  return refusal(`the system has no usable BLAS, expected ${wanted}${hint}${refused}`);
}

/** Refuses anything but a file: the system loader would wait forever for a FIFO. */
function load(koffi: Koffi, path: string): NativeLibrary | Error {
  try {
    const isPlace = path !== basename(path);
    if (isPlace && statSync(path, { throwIfNoEntry: false })?.isFile() === false)
      return new Error('not a regular file');
    return koffi.load(path);
  } catch (error) {
    return asError(error);
  }
}

function bind(koffi: Koffi, library: NativeLibrary, asked: string): BlasLibrary | Error {
  try {
    return bindBlas(koffi, library, asked);
  } catch (error) {
    return asError(error);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function firstLine(error: unknown): string {
  return reasonOf(asError(error).message.split('\n')[0]);
}

function refusal(reason: string): BlasSearch {
  return { library: null, reason: `findBlas: ${reason}` };
}
