import { expect, test } from 'vitest';
import { cgroupMemory } from '../../../../../packages/runtime/src/system/memory/cgroup-memory.ts';
import { temporaryFolder } from '../../../../support/temporary-folder.ts';

const folder = temporaryFolder();
let trees = 0;

/** What the groups of a process leave it, by the lines of its /proc/self/cgroup and the files below /sys/fs/cgroup. */
function leftBy(lines: string, files: Readonly<Record<string, string>>): number {
  const tree = `tree-${trees++}`;
  for (const [path, text] of Object.entries(files)) folder.write(`${tree}/groups/${path}`, `${text}\n`);
  const self = folder.write(`${tree}/self`, `${lines}\n`);
  return cgroupMemory(self, `${folder.path}/${tree}/groups`);
}

const second = (at: string, limit: string, used: number, stat = '') => ({
  [`${at}/memory.max`]: limit,
  [`${at}/memory.current`]: String(used),
  [`${at}/memory.stat`]: stat,
});

const first = (at: string, limit: string, used: number, stat = '') => ({
  [`memory/${at}/memory.limit_in_bytes`]: limit,
  [`memory/${at}/memory.usage_in_bytes`]: String(used),
  [`memory/${at}/memory.stat`]: stat,
});

test('without groups nothing is limited', () => {
  expect(cgroupMemory('/nowhere', '/nowhere')).toBe(Number.POSITIVE_INFINITY);
  expect(leftBy('0::/a', {})).toBe(Number.POSITIVE_INFINITY);
  expect(leftBy('0::/a', second('a', 'max', 5))).toBe(Number.POSITIVE_INFINITY);
});

test.each([
  ['0::/a/b', second],
  [
    '0::/a/b:cri-containerd:0a1b',
    (at: string, limit: string, used: number) => second(at === 'a/b' ? 'a/b:cri-containerd:0a1b' : at, limit, used),
  ],
  ['4:cpu:/x\n3:hugetlb,memory:/a/b\n0::/', first],
])('the least of the own group and those above counts: %j', (lines, group) => {
  expect(leftBy(lines, { ...group('a/b', '1000', 100), ...group('a', '2000', 100) })).toBe(900);
  expect(leftBy(lines, { ...group('a/b', '1000', 100), ...group('a', '2000', 1500) })).toBe(500);
  expect(leftBy(lines, { ...group('a', '2000', 1500) })).toBe(500);
  // A container has its group as the root, and may be told the path that the host has.
  expect(leftBy(lines, { ...group('', '700', 100) })).toBe(600);
  expect(leftBy(lines, { ...group('c', '1000', 100) })).toBe(Number.POSITIVE_INFINITY);
});

test('files that are only cached count as free, those in use do not', () => {
  expect(leftBy('0::/a', second('a', '1000', 900, 'inactive_file 300\nactive_file 200\nfile_mapped 50'))).toBe(550);
  const stat = 'inactive_file 1\ntotal_inactive_file 300\ntotal_active_file 200\ntotal_mapped_file 50';
  expect(leftBy('2:memory:/a', first('a', '1000', 900, stat))).toBe(550);
});

test('a group that has more than its limit leaves nothing', () => {
  expect(leftBy('0::/a', second('a', '1000', 1100))).toBe(0);
});
