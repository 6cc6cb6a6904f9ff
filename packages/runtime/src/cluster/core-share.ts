import { availableParallelism, cpus, hostname } from 'node:os';
import { fileSystem } from '../system/files/file-system.ts';

export interface MachineReport {
  readonly host: string;
  readonly machine: string; // equal for all ranks that share cores
  readonly cores: readonly number[] | null; // core numbers that this process may use; null if the system does not say
  readonly maxThreads: number; // threads that this process may run at once
  readonly coreCount: number; // cores of the machine
}

export function reportMachine(): MachineReport {
  const host = hostname();
  return {
    host,
    // Containers on one machine have different host names.
    machine: fileSystem.systemText('/proc/sys/kernel/random/boot_id').trim() || host,
    cores: allowedCores(fileSystem.systemText('/proc/self/status')),
    maxThreads: availableParallelism(),
    coreCount: cpus().length,
  };
}

/** Cores for each rank, at least 1: ranks that may use the same core share it equally; bound ranks share none. */
export function coreShares(reports: readonly MachineReport[]): number[] {
  return reports.map((report) => {
    const neighbours = reports.filter(({ machine }) => machine === report.machine);
    const cores = report.cores ?? Array.from({ length: report.maxThreads }, (_, core) => core);
    const sharers = (core: number): number => neighbours.filter((other) => other.cores?.includes(core) ?? true).length;
    const fairCores = cores.reduce((sum, core) => sum + 1 / sharers(core), 0);
    const roundingError = 1e-9;
    return Math.max(1, Math.min(report.maxThreads, Math.floor(fairCores + roundingError)));
  });
}

/** Cores of each rank's machine that none of its ranks may use. */
export function idleCores(reports: readonly MachineReport[]): number[] {
  return reports.map(({ machine, coreCount }) => {
    const neighbours = reports.filter((other) => other.machine === machine);
    const usedCores = new Set(neighbours.flatMap(({ cores }) => cores ?? []));
    return neighbours.some(({ cores }) => cores === null) ? 0 : Math.max(0, coreCount - usedCores.size);
  });
}

/** Parses the list of Cpus_allowed_list, such as 0-3,8. */
export function allowedCores(status: string): number[] | null {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  if (list === undefined) return null;
  return list.split(',').flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, core) => first + core);
  });
}
