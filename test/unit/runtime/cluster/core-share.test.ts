import { expect, test } from 'vitest';
import {
  allowedCores,
  coreShares,
  idleCores,
  type MachineReport,
} from '../../../../packages/runtime/src/cluster/core-share.ts';

const report = (machine: string, cores: readonly number[] | null, coreCount = 8): MachineReport => ({
  host: machine,
  machine,
  cores,
  coreCount,
  maxThreads: cores?.length ?? coreCount,
});
const eight = [0, 1, 2, 3, 4, 5, 6, 7];

test.each([
  ['one rank has all', [report('a', eight)], [8]],
  ['two share', [report('a', eight), report('a', eight)], [4, 4]],
  ['three leave what does not divide', [0, 1, 2].map(() => report('a', eight)), [2, 2, 2]],
  ['more ranks than cores have one each', Array.from({ length: 20 }, () => report('a', eight)), Array(20).fill(1)],
  ['machines are apart', [report('a', eight), report('b', [0, 1]), report('b', [0, 1])], [8, 1, 1]],
  ['ranks that are bound have their cores alone', [report('a', [0, 1]), report('a', [2, 3, 4])], [2, 3]],
  ['cores that several may use are shared', [report('a', [0, 1, 2]), report('a', [2]), report('a', [3])], [2, 1, 1]],
  ['where the system does not say, all share', [report('a', null), report('a', null)], [4, 4]],
] as const)('shares of cores: %s', (_, reports, shares) => {
  expect(coreShares(reports)).toEqual(shares);
});

test('no share is more than a process may run at once', () => {
  expect(coreShares([{ ...report('a', eight), maxThreads: 3 }])).toEqual([3]);
});

test('idle cores are those that no rank of the machine may use', () => {
  expect(idleCores([report('a', [0]), report('a', [1]), report('b', eight), report('c', null)])).toEqual([6, 6, 0, 0]);
});

test.each([
  ['Name:\tnode\nCpus_allowed_list:\t0-3,8,10-11\nMems:\t0\n', [0, 1, 2, 3, 8, 10, 11]],
  ['Cpus_allowed_list:\t5\n', [5]],
  ['Name:\tnode\n', null],
])('a list of cores %j', (status, cores) => {
  expect(allowedCores(status)).toEqual(cores);
});
