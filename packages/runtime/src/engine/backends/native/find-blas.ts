import { checkKeys } from '@gradloom/core/internal';
import { firstLine, type Koffi, loadKoffi, loadLibrary, type NativeLibrary } from '../../../system/native/koffi.ts';
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

/** Opens the given BLAS library, or the first usable one that the system finds. @throws Error for invalid options. */
export function findBlas(options: FindBlasOptions = {}): BlasSearch {
  checkKeys('findBlas', options, ['path', 'environment', 'names', 'koffi']);
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
    'libopenblas.so.0',
    'libopenblasp.so.0',
    'libopenblas.so',
    'libblis.so.4',
    'libblis.so.5',
    'libblis.so',
    'libblis-mt.so',
    'libmkl_rt.so.2',
    'libmkl_rt.so.1',
    'libmkl_rt.so',
    'libblas.so.3',
  ],
  darwin: [
    'libopenblas.dylib',
    'libblis.dylib',
    'libmkl_rt.2.dylib',
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
  ],
  win32: ['libopenblas.dll', 'openblas.dll', 'mkl_rt.2.dll', 'mkl_rt.dll'],
};

function open(koffi: Koffi, path: string, subject: 'path' | 'GRADLOOM_BLAS'): BlasSearch {
  const has = `has ${JSON.stringify(path)}`;
  let library: NativeLibrary;
  try {
    library = loadLibrary(koffi, path);
  } catch (error) {
    return refusal(subject, `${has}, expected a BLAS library (${firstLine(error)})`);
  }
  try {
    return { library: bindBlas(koffi, library, path), reason: null };
  } catch (error) {
    return refusal(subject, `${has}, ${firstLine(error)}`);
  }
}

function search(koffi: Koffi, names: readonly string[]): BlasSearch {
  let refusals = '';
  for (const name of names) {
    let library: NativeLibrary;
    try {
      library = loadLibrary(koffi, name);
    } catch {
      continue; // the system has none of this name
    }
    try {
      return { library: bindBlas(koffi, library, name), reason: null };
    } catch (error) {
      refusals += `; ${name} is there, ${firstLine(error)}`;
    }
  }
  const expected = names.length === 0 ? `a path, on ${process.platform}` : `one of ${names.join(', ')}`;
  const hint = process.platform === 'linux' ? " (Debian's libopenblas0-pthread brings one)" : '';
  return refusal('the system', `has no usable BLAS, expected ${expected}${hint}${refusals}`);
}

function refusal(subject: 'koffi' | 'path' | 'GRADLOOM_BLAS' | 'the system', problem: string): BlasRefusal {
  const fault = subject === 'koffi' || subject === 'path' ? subject : 'system';
  return { library: null, reason: `${subject} ${problem}`, fault, problem };
}
