import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findBlas } from '../../../../packages/runtime/src/engine/backends/native/find-blas.ts';
import { type FakeLibrary, fakeKoffi } from '../../../support/fake-koffi.ts';
import { installedBlas } from '../../../support/installed-blas.ts';
import { needs } from '../../../support/needs.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const temporary = temporaryFolder();
const dgemm = () => {};
const openBlas: FakeLibrary = {
  cblas_dgemm: dgemm,
  cblas_sgemm: dgemm,
  openblas_get_config: () => 'OpenBLAS 0.3.29 DYNAMIC_ARCH Haswell MAX_THREADS=128',
  openblas_get_corename: () => 'Haswell',
  openblas_get_num_threads: () => 2,
  openblas_set_num_threads: () => {},
  openblas_get_parallel: () => 1,
};
const wideOpenBlas = { ...openBlas, openblas_get_config: () => 'OpenBLAS 0.3.29 USE64BITINT Haswell' };
const netlib = { cblas_dgemm: dgemm, cblas_sgemm: dgemm };
const koffi = fakeKoffi({ good: openBlas, wide: wideOpenBlas, netlib, libm: { cos: () => 1 } });

describe('the installed library', () => {
  test('reports its family, version, core and file', (context) => {
    const { identity } = installedBlas(context);
    expect(JSON.parse(JSON.stringify(identity))).toEqual(identity);
    expect(identity.version).toMatch(/\d/);
    for (const text of Object.values(identity)) expect(text).not.toBe('');
  });

  test('is opened again by the path it reports', (context) => {
    const { identity } = installedBlas(context);
    expect(findBlas({ path: identity.path }).library?.identity).toEqual(identity);
  });
});

describe('a path', () => {
  test.each([
    ['gone', 'path has "gone", expected a BLAS library (cannot open shared object file: No such file or directory)'],
    ['libm', 'path has "libm", expected a library with cblas_dgemm'],
    ['wide', 'path has "wide", expected 32-bit sizes (this OpenBLAS 0.3.29 has 64-bit ones)'],
    [
      'netlib',
      'path has "netlib", expected one of OpenBLAS, BLIS, MKL, Accelerate (another BLAS cannot be told to use one thread)',
    ],
  ])('to %s is refused in one sentence, and nothing else is tried', (path, reason) => {
    expect(findBlas({ koffi, path, names: ['good'] })).toMatchObject({ library: null, reason });
  });

  test('to a FIFO or a directory is refused before the loader waits for it', needs('mkfifo'), () => {
    const waiting = () => ({ ...koffi(), load: () => expect.unreachable('the loader would wait for ever') });
    const fifo = join(temporary.path, 'fifo');
    execFileSync('mkfifo', [fifo]);
    for (const path of [fifo, temporary.path]) {
      const reason = `path has "${path}", expected a BLAS library (not a regular file)`;
      expect(findBlas({ koffi: waiting, path })).toMatchObject({ library: null, reason });
    }
  });

  test('may come from GRADLOOM_BLAS, which the option overrides', () => {
    const environment = { GRADLOOM_BLAS: 'libm' };
    expect(findBlas({ koffi, environment }).reason).toBe(
      'GRADLOOM_BLAS has "libm", expected a library with cblas_dgemm',
    );
    expect(findBlas({ koffi, environment, path: 'good' }).reason).toBeNull();
  });

  test('stands in the identity where the system does not tell the file', () => {
    expect(findBlas({ koffi, path: 'good' }).library?.identity).toEqual({
      name: 'OpenBLAS',
      version: '0.3.29',
      core: 'Haswell',
      path: 'good',
    });
  });
});

describe('the search by name', () => {
  const environment = {};

  test('passes over libraries that are absent or of no use', () => {
    const search = findBlas({ koffi, environment, names: ['gone', 'netlib', 'wide', 'good'] });
    expect(search.library?.identity.path).toBe('good');
  });

  test('says what it looked for and why it took nothing', () => {
    const { reason } = findBlas({ koffi, environment, names: ['gone', 'libm'] });
    expect(reason).toBe(
      "the system has no usable BLAS, expected one of gone, libm (Debian's libopenblas0-pthread brings one); libm is there, expected a library with cblas_dgemm",
    );
  });
});

test('without koffi there is a reason, not an error', () => {
  const absent = () => {
    throw new Error("Cannot find module 'koffi'\nRequire stack:");
  };
  expect(findBlas({ koffi: absent, path: 'good' })).toMatchObject({
    library: null,
    fault: 'koffi',
    reason: "koffi is not installed, expected version 3 (Cannot find module 'koffi')",
  });
});
