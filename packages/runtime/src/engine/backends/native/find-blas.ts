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
export type BlasSearch = { readonly library: BlasLibrary; readonly reason: null } | BlasRefusal;

/** Why there is no library. */
export interface BlasRefusal {
  readonly library: null;
  readonly reason: string;
  readonly fault: 'koffi' | 'path' | 'system'; // what is of no use: koffi, the option `path`, or what the system has
  readonly problem: string; // the reason without the name of the option
}

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
    return refusal('koffi', `is not installed, expected version 3 (${firstLine(error)})`);
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

function open(koffi: Koffi, path: string, subject: 'path' | 'GRADLOOM_BLAS'): BlasSearch {
  const has = `has ${JSON.stringify(path)}`;
  const library = load(koffi, path);
  if (library instanceof Error) return refusal(subject, `${has}, expected a BLAS library (${firstLine(library)})`);
  const blas = bind(koffi, library, path);
  return blas instanceof Error ? refusal(subject, `${has}, ${firstLine(blas)}`) : { library: blas, reason: null };
}

function search(koffi: Koffi, names: readonly string[]): BlasSearch {
  let refusals = '';
  for (const name of names) {
    const library = load(koffi, name);
    if (library instanceof Error) continue;
    const blas = bind(koffi, library, name);
    if (!(blas instanceof Error)) return { library: blas, reason: null };
    refusals += `; ${name} is there, ${firstLine(blas)}`;
  }
  const expected = names.length === 0 ? `a path, on ${process.platform}` : `one of ${names.join(', ')}`;
  const hint = process.platform === 'linux' ? " (Debian's libopenblas0-pthread brings one)" : '';
  return refusal('the system', `has no usable BLAS, expected ${expected}${hint}${refusals}`);
}

/** Refuses anything but a file: the system loader would wait forever for a FIFO. */
function load(koffi: Koffi, path: string): NativeLibrary | Error {
  try {
    const isPath = path !== basename(path);
    if (isPath && statSync(path, { throwIfNoEntry: false })?.isFile() === false) return new Error('not a regular file');
    return koffi.load(path);
  } catch (error) {
    return asError(error);
  }
}

function bind(koffi: Koffi, library: NativeLibrary, path: string): BlasLibrary | Error {
  try {
    return bindBlas(koffi, library, path);
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

function refusal(subject: 'koffi' | 'path' | 'GRADLOOM_BLAS' | 'the system', problem: string): BlasRefusal {
  const fault = subject === 'koffi' || subject === 'path' ? subject : 'system';
  return { library: null, reason: `${subject} ${problem}`, fault, problem };
}
