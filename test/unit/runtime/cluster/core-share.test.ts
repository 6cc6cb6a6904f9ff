import { expect, test } from 'vitest';
import {
  allowedCores,
  coreShares,
  idleCores,
  type MachineReport,
} from '../../../../packages/runtime/src/cluster/core-share.ts';

const place = (machine: string, cores: readonly number[] | null, coreCount = 8): MachineReport => ({
  ...{ host: machine, machine, cores, coreCount },
  maxThreads: cores?.length ?? coreCount,
});
const eight = [0, 1, 2, 3, 4, 5, 6, 7];

test.each([
  ['one rank has all', [place('a', eight)], [8]],
  ['two share', [place('a', eight), place('a', eight)], [4, 4]],
  ['three leave what does not divide', [0, 1, 2].map(() => place('a', eight)), [2, 2, 2]],
  ['more ranks than cores have one each', Array.from({ length: 20 }, () => place('a', eight)), Array(20).fill(1)],
  ['machines are apart', [place('a', eight), place('b', [0, 1]), place('b', [0, 1])], [8, 1, 1]],
  ['ranks that are bound have their cores alone', [place('a', [0, 1]), place('a', [2, 3, 4])], [2, 3]],
  ['cores that several may use are shared', [place('a', [0, 1, 2]), place('a', [2]), place('a', [3])], [2, 1, 1]],
  ['where the system does not say, all share', [place('a', null), place('a', null)], [4, 4]],
] as const)('shares of cores: %s', (_, places, shares) => {
  expect(coreShares(places)).toEqual(shares);
});

test('no share is more than a process may run at once', () => {
  expect(coreShares([{ ...place('a', eight), maxThreads: 3 }])).toEqual([3]);
});

test('idle cores are those that no rank of the machine may use', () => {
  expect(idleCores([place('a', [0]), place('a', [1]), place('b', eight), place('c', null)])).toEqual([6, 6, 0, 0]);
});

test.each([
  ['Name:\tnode\nCpus_allowed_list:\t0-3,8,10-11\nMems:\t0\n', [0, 1, 2, 3, 8, 10, 11]],
  ['Cpus_allowed_list:\t5\n', [5]],
  ['Name:\tnode\n', null],
])('a list of cores %j', (status, cores) => {
  expect(allowedCores(status)).toEqual(cores);
});
