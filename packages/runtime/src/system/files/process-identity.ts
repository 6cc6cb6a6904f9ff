import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { fileSystem } from './file-system.ts';

const { systemText } = fileSystem;

/** Identifies a process, so that other processes can later find out whether it still runs. */
export interface ProcessIdentity {
  /** Process id. */
  readonly pid: number;
  /** Start time in ticks since boot; '' if the system does not say. */
  readonly start: string;
  /** Host name. */
  readonly host: string;
  /** Distinguishes hosts of the same name; '' if the system has no such id, as for `boot` and `pids`. */
  readonly machine: string;
  /** Changes with each boot of the machine. */
  readonly boot: string;
  /** Namespace of the process id: containers on one host number processes separately. */
  readonly pids: string;
  /** Seconds from boot to the moment of recording. */
  readonly uptime: number;
}

/** `elsewhere`: on another host or in another container, where its state cannot be seen. */
export type ProcessState = 'running' | 'dead' | 'elsewhere';

export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, start: startOf(process.pid) ?? '', ...thisHost(), uptime: Math.floor(uptime()) };
}

/** The state of a process; never `dead` for a running one, and rather `running` if the system says too little. */
export function stateOf(other: ProcessIdentity): ProcessState {
  const here = thisHost();
  if (other.host !== here.host || other.machine !== here.machine) return 'elsewhere';
  // Without machine ids, two hosts of one name (such as containers of one image) differ only in their boot id.
  if (other.boot !== here.boot) return here.machine === '' ? 'elsewhere' : 'dead';
  // Without boot ids, a boot after the lock is still visible in the uptime. 2 s allow for rounding.
  if (here.boot === '' && other.uptime > uptime() + 2) return 'dead';
  if (other.pids !== here.pids) return 'elsewhere';
  const start = startOf(other.pid);
  if (start === null) return 'dead';
  return start === '' || other.start === '' || start === other.start ? 'running' : 'dead';
}

/** Start time of a process, which tells it from a later one with its id; '' if unknown, null without a process. */
export function startOf(pid: number): string | null {
  const stat = systemText(`/proc/${pid}/stat`);
  if (stat === '') return exists(pid) ? '' : null;
  // '<pid> (<name>) <state> …': the name may contain anything, so fields are counted after it (state: 3 in proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, start] = [fields[0], Number(fields[17]), fields[19]];
  // A killed process keeps its id until its parent collects it; one of its threads may still be in a system call.
  return (state === 'Z' || state === 'X') && threads <= 1 ? null : start;
}

function thisHost(): Pick<ProcessIdentity, 'host' | 'machine' | 'boot' | 'pids'> {
  return {
    // Restricted to these characters, since the name is printed and some systems allow any.
    host:
      hostname()
        .replaceAll(/[^\w.-]/g, '_')
        .slice(0, 255) || 'localhost',
    // Hashed, as the manual of machine-id requires.
    machine: shortHash(systemText('/etc/machine-id').trim()),
    boot: systemText('/proc/sys/kernel/random/boot_id').trim(),
    pids: pidNamespace(),
  };
}

const shortHash = (text: string): string =>
  text === '' ? '' : createHash('sha256').update(`gradloom ${text}`).digest('hex').slice(0, 12);

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Whether a process exists. Signal 0 only checks; it is refused for a process of another user. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
