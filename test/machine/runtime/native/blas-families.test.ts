import { describe, expect, test } from 'vitest';
import { type BlasName, blasFamilies } from '../../../../packages/runtime/src/engine/backends/native/blas-families.ts';
import { findBlas } from '../../../../packages/runtime/src/engine/backends/native/find-blas.ts';
import { type FakeLibrary, fakeKoffi } from '../../../support/fake-koffi.ts';

/** What a fake library was told, and how many threads its calls may use. */
interface Told {
  threads: number;
  calls: string[];
}

/** Versions of each family's libraries that should be taken for what they are. */
const families: Record<BlasName, (told: Told) => FakeLibrary> = {
  OpenBLAS: (told) => ({
    openblas_get_config: () => 'OpenBLAS 1.2.3 NO_AFFINITY Haswell MAX_THREADS=128',
    openblas_get_corename: () => 'Haswell',
    openblas_get_parallel: () => 1,
    openblas_get_num_threads: () => told.threads,
    openblas_set_num_threads: (count) => tell(told, Number(count)),
  }),
  BLIS: (told) => ({
    bli_info_get_version_str: () => '1.2.3',
    bli_info_get_blas_int_type_size: () => 32,
    bli_arch_query_id: () => 7,
    bli_arch_string: (id) => `arch ${id}`,
    bli_thread_set_num_threads: (count) => tell(told, Number(count)),
  }),
  MKL: (told) => ({
    MKL_Set_Interface_Layer: (layer) => {
      told.calls.push(`layer ${layer}`);
      return 2; // GNU, 32 bits
    },
    MKL_Set_Threading_Layer: (layer) => told.calls.push(`threading ${layer}`),
    MKL_CBWR_Set: (branch) => told.calls.push(`branch ${branch}`),
    MKL_Get_Version_String: (text, length) => {
      const sentence = 'Intel(R) oneAPI Math Kernel Library Version 1.2.3-Product Build 20240605';
      (text as Buffer).write(`${sentence}\0`.slice(0, Number(length)), 'latin1');
    },
    MKL_Set_Num_Threads: (count) => tell(told, Number(count)),
  }),
  Accelerate: (told) => ({ vDSP_mmulD: () => {}, BLASSetThreading: (model) => tell(told, model === 1 ? 1 : 2) }),
};

function tell(told: Told, threads: number): void {
  told.threads = threads;
  told.calls.push(`threads ${threads}`);
}

function find(library: FakeLibrary) {
  return findBlas({
    koffi: fakeKoffi({ it: { cblas_dgemm: () => {}, cblas_sgemm: () => {}, ...library } }),
    path: 'it',
  });
}

test('every family is tried', () => {
  expect(new Set(Object.keys(families))).toEqual(new Set(Object.keys(blasFamilies)));
});

describe.each(Object.entries(families))('%s', (name, fake) => {
  test('is recognized by its symbols and set to one thread', () => {
    const told = { threads: 2, calls: [] };
    const { library } = find(fake(told));
    expect(library?.identity.name).toBe(name);
    expect(library?.identity.version).toMatch(name === 'Accelerate' ? /^Darwin / : /^1\.2\.3/);
    expect(library?.identity.core).not.toBe('');
    library?.setThreads(1);
    expect(told.threads).toBe(1);
  });

  test('with a symbol missing is refused, not half used', () => {
    const complete = fake({ threads: 2, calls: [] });
    const optional = ['MKL_Set_Interface_Layer', 'MKL_Set_Threading_Layer', 'BLASSetThreading'];
    const marks = Object.values(blasFamilies).map(({ mark }) => mark);
    for (const missing of Object.keys(complete).filter((symbol) => ![...optional, ...marks].includes(symbol))) {
      const { [missing]: _, ...rest } = complete;
      expect(find(rest).reason, missing).toContain(missing);
    }
  });
});

test.each([
  ['OpenBLAS', { openblas_get_config: () => 'OpenBLAS 0.3.29 USE64BITINT Haswell' }],
  ['BLIS', { bli_info_get_blas_int_type_size: () => 64 }],
  ['MKL', { MKL_Set_Interface_Layer: () => 3 }],
] as const)('%s with 64-bit sizes is refused', (name, wide) => {
  expect(find({ ...families[name]({ threads: 1, calls: [] }), ...wide }).reason).toMatch(/expected 32-bit sizes/);
});

test('MKL is set up before it is asked anything', () => {
  const told: Told = { threads: 2, calls: [] };
  find(families.MKL(told));
  expect(told.calls).toEqual(['layer 0', 'threading 1', 'branch 2']);
});

test('the thread count of OpenBLAS is not set again to the same, since other threads may be in a product', () => {
  const told: Told = { threads: 1, calls: [] };
  find(families.OpenBLAS(told)).library?.setThreads(1);
  expect(told.calls).toEqual([]);
});

test('an OpenMP build of OpenBLAS is set through OpenMP too, in every thread', () => {
  const told: Told = { threads: 1, calls: [] };
  const openMp = {
    openblas_get_parallel: () => 2,
    omp_set_num_threads: (count: unknown) => told.calls.push(`omp ${count}`),
  };
  find({ ...families.OpenBLAS(told), ...openMp }).library?.setThreads(1);
  expect(told.calls).toEqual(['omp 1']);
});
