import { fileSystem } from '../files/file-system.ts';
import { mebibytes } from './memory.ts';

const { systemText } = fileSystem;

/** Address space of this process: its limit (null if there is none or it is unknown) and its use. */
function addressSpace(): { readonly limit: number | null; readonly used: number } {
  const [, limit] = /^Max address space +(\d+)/m.exec(systemText('/proc/self/limits')) ?? [];
  const [, kibibytes = '0'] = /^VmSize:\s+(\d+)/m.exec(systemText('/proc/self/status')) ?? [];
  return { limit: limit === undefined ? null : Number(limit), used: 1024 * Number(kibibytes) };
}

/** A sentence if this process cannot reserve `bytes` more of address space, with its limit; null if it can. */
export function lackOfAddressSpace(bytes: number): string | null {
  const { limit, used } = addressSpace();
  if (limit === null || limit - used >= bytes) return null;
  return `the address space has ${mebibytes(limit)} (ulimit -v), ${mebibytes(used)} of them taken, expected room for ${mebibytes(bytes)}`;
}

/** Limits of the threads of this process, in words; empty if unknown. */
export function threadLimits(): string {
  const [, userLimit] = /^Max processes +(\d+)/m.exec(systemText('/proc/self/limits')) ?? [];
  const containerLimits = cgroups().map((folder) => /^\d+/.exec(systemText(`${folder}/pids.max`))?.[0]);
  return [
    ...(userLimit === undefined ? [] : [`ulimit -u has ${userLimit}`]),
    ...containerLimits
      .filter((maxPids) => maxPids !== undefined)
      .map((maxPids) => `pids.max of the container has ${maxPids}`),
  ].join(', ');
}

/** Folders with the limits of this process's control groups, in either version. */
function cgroups(): string[] {
  const lines = systemText('/proc/self/cgroup').matchAll(/^\d+:(.*):(\/.*)$/gm);
  return [...lines]
    .filter(([, controllers]) => controllers === '' || controllers.split(',').includes('pids'))
    .map(([, controllers, path]) => `/sys/fs/cgroup${controllers === '' ? '' : '/pids'}${path}`);
}
