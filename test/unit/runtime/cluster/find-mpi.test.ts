import { expect, test } from 'vitest';
import { findMpi } from '../../../../packages/runtime/src/cluster/mpi/find-mpi.ts';

test.each([
  ['npm install koffi@3', "Cannot find module 'koffi'\nRequire stack:"],
  ["Cannot find module '@koromix/koffi-linux-x64'", "Cannot find module '@koromix/koffi-linux-x64'\nRequire stack:"],
])('a koffi that cannot be loaded is refused with the advice or the reason: %s', (said, message) => {
  const koffi = (): never => {
    throw Object.assign(new Error(message), { code: 'MODULE_NOT_FOUND' });
  };
  const reason = `cluster: koffi is not installed, expected version 3 (${said})`;
  expect(findMpi({ koffi })).toEqual({ library: null, reason });
});
