import { createHash } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { fileSystem } from './file-system.ts';

const { systemText } = fileSystem;

/** Identifies a process, so that other processes can later find out whether it still runs. */
export interface ProcessIdentity {
  /** Its id. */
  readonly pid: number;
  /** Ticks from the boot of the machine to its start; '' where the system does not say. */
  readonly start: string;
  /** Name of its machine. */
  readonly host: string;
  /** Distinguishes hosts of the same name; '' if the system has none, as for the next two. */
  readonly machine: string;
  /** Changes with each start of the machine. */
  readonly boot: string;
  /** The namespace of its id: containers on one host count processes apart. */
  readonly pids: string;
  /** Seconds from the boot of the machine to the moment that this was noted. */
  readonly uptime: number;
}

/** `elsewhere`: on another host or in another container, where its state cannot be seen. */
export type ProcessState = 'running' | 'dead' | 'elsewhere';

export function ownProcess(): ProcessIdentity {
  return { pid: process.pid, start: startOf(process.pid) ?? '', ...ownPlace(), uptime: Math.floor(uptime()) };
}

/**
 * Never `dead` for a running process. If the system provides too little, a dead process whose id is reused counts as
 * running.
 */
export function stateOf(other: ProcessIdentity): ProcessState {
  const own = ownPlace();
  if (other.host !== own.host || other.machine !== own.machine) return 'elsewhere';
  // Without a machine's own number, two hosts of one name differ only in this, as containers of one image on two hosts.
  if (other.boot !== own.boot) return own.machine === '' ? 'elsewhere' : 'dead';
  // Where no boot has a name, one that was later than the lock still shows. 2 s are for rounding.
  if (own.boot === '' && other.uptime > uptime() + 2) return 'dead';
  if (other.pids !== own.pids) return 'elsewhere';
  const start = startOf(other.pid);
  if (start === null) return 'dead';
  return start === '' || other.start === '' || start === other.start ? 'running' : 'dead';
}

/**
 * Start time of a process, which distinguishes it from a later one with the same id; '' if unknown, null if there is no
 * such process.
 */
export function startOf(pid: number): string | null {
  const stat = systemText(`/proc/${pid}/stat`);
  if (stat === '') return exists(pid) ? '' : null;
  // '<pid> (<name>) <state> …': the name may hold anything, so counting starts behind the last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, threads, start] = [fields[0], Number(fields[17]), fields[19]];
  // A killed process keeps its id until its parent collects it; until then one of its threads may still be in a system
  // call.
  return (state === 'Z' || state === 'X') && threads <= 1 ? null : start;
}

function ownPlace(): Pick<ProcessIdentity, 'host' | 'machine' | 'boot' | 'pids'> {
  return {
    // Only these characters, since it is printed and some systems allow any.
    host:
      hostname()
        .replaceAll(/[^\w.-]/g, '_')
        .slice(0, 255) || 'localhost',
    // Hashed, as its manual asks for.
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

/** Signal 0 only checks; it is refused for a process of another user. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
