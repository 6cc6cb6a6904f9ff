import { posix } from 'node:path';
import { fileSystem } from '../files/file-system.ts';

const { dirname, join } = posix;
const { systemText } = fileSystem;

/** File names of the two versions of Linux control groups. */
interface Version {
  readonly mounts: readonly string[]; // relative to the root of control groups; the first that has the group is used
  readonly limit: string;
  readonly usage: string;
  readonly cacheLines: readonly string[]; // lines of memory.stat that add up to cached files
  readonly mappingLine: string; // for mapped files, which are cached but in use
}

const version1: Version = {
  mounts: ['memory'],
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  cacheLines: ['total_active_file', 'total_inactive_file'],
  mappingLine: 'total_mapped_file',
};

const version2: Version = {
  mounts: ['', 'unified'],
  limit: 'memory.max',
  usage: 'memory.current',
  cacheLines: ['active_file', 'inactive_file'],
  mappingLine: 'file_mapped',
};

/**
 * Bytes that the control groups of this process leave to it: the minimum over its own group and its ancestors, which
 * `process.availableMemory` ignores. Cached files count as free, as for the whole machine; otherwise a process that has
 * just read a dataset would seem to have no memory left. Infinity if there is no limit.
 */
export function cgroupMemory(self = '/proc/self/cgroup', root = '/sys/fs/cgroup'): number {
  let minBytes = Number.POSITIVE_INFINITY;
  for (const line of systemText(self).split('\n')) {
    // The path may contain colons, as in containers.
    const [, id, controllers, path] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const isVersion1 = controllers.split(',').includes('memory');
    if (!isVersion1 && !(id === '0' && controllers === '')) continue;
    const version = isVersion1 ? version1 : version2;
    for (const mount of version.mounts) {
      // In a container the path may be that of the host, while the mount is the container's group.
      for (let group = join('/', path); ; group = dirname(group)) {
        minBytes = Math.min(minBytes, freeBytesIn(join(root, mount, group), version));
        if (group === '/') break;
      }
    }
  }
  return minBytes;
}

function freeBytesIn(folder: string, { limit, usage, cacheLines, mappingLine }: Version): number {
  const limitBytes = numberIn(systemText(join(folder, limit)));
  const usedBytes = numberIn(systemText(join(folder, usage)));
  if (limitBytes === undefined || usedBytes === undefined) return Number.POSITIVE_INFINITY;
  const stat = new Map(
    systemText(join(folder, 'memory.stat'))
      .split('\n')
      .map((line) => line.split(' ', 2) as [string, string]),
  );
  const statOf = (name: string): number => numberIn(stat.get(name)) ?? 0;
  const cachedBytes = Math.max(0, cacheLines.reduce((sum, name) => sum + statOf(name), 0) - statOf(mappingLine));
  return Math.max(0, limitBytes - usedBytes + cachedBytes);
}

/** Parses a number; undefined for 'max', which means no limit. */
function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}
