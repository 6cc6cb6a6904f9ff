import Module from 'node:module';
import { type FakeLibrary, fakeKoffi } from './fake-koffi.ts';

/**
 * Loaded into the program and its threads by `--import`: a koffi that opens no library but prints on stderr which it
 * was asked to open, 'LOADED <path>'. Each is an OpenBLAS that computes nothing, so that programs that load one
 * continue with it.
 */
const openBlas: FakeLibrary = {
  cblas_dgemm: () => {},
  cblas_sgemm: () => {},
  openblas_get_config: () => 'OpenBLAS 1.2.3 Haswell',
  openblas_get_corename: () => 'Haswell',
  openblas_get_parallel: () => 1,
  openblas_get_num_threads: () => 1,
  openblas_set_num_threads: () => {},
};

const anyLibrary = new Proxy({} as Record<string, FakeLibrary>, { get: () => openBlas });
const koffi = fakeKoffi(anyLibrary)();
const { load } = koffi;
koffi.load = (path) => {
  if (path !== null) process.stderr.write(`LOADED ${path}\n`);
  return load(path);
};

type Load = (request: string, ...rest: unknown[]) => unknown;
// `require` of any module calls this.
const table = Module as unknown as { _load: Load };
const real = table._load;
table._load = (request, ...rest) => (request === 'koffi' ? koffi : real(request, ...rest));
