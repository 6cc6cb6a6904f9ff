import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Variant } from './peer.ts';
import type { Workload } from './workloads.ts';

/** A peer in a separate process. Between its rounds it is stopped, so that its threads take no core from the others. */
export interface PeerProcess<Work = Workload> {
  readonly about: string;
  open(workload: Work, variant: Variant): Promise<void>;
  /** Runs about this many steps. */
  run(steps: number): Promise<{ steps: number; ms: number }>;
  lossAfter(steps: number): Promise<number | null>;
  /** The most resident memory that it ever had, in MiB; null where the system does not tell. */
  peakMiB(): number | null;
  end(): void;
}

const LIMIT_MS = 60_000; // time limit of an answer

/** Starts a program. @throws Error (rejects) with the message on what is missing. */
export async function startPeer<Work = Workload>(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = join(import.meta.dirname, '../..'), // directory that this process's own flags are relative to
): Promise<PeerProcess<Work>> {
  const [program, ...args] = command;
  // It gets a process group of its own, since a peer may start processes: a signal reaches all of them.
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const group: Group = { child, others: [] };
  running.add(group);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`${program} does not start: ${error.message}`)));
    child.once('exit', (code, signal) => {
      running.delete(group);
      reject(new Error(`it ended with ${signal ?? code}: ${errors.trim().split('\n').at(-1) ?? ''}`));
    });
  });
  ended.catch(() => {});
  child.stdin.on('error', () => {}); // its exit gives the reason

  async function answer(): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${LIMIT_MS / 1000} s`)), LIMIT_MS);
    });
    try {
      const { value, done } = await Promise.race([lines.next(), ended, late]);
      if (done) return await Promise.race([ended, late]);
      const read: Answer = JSON.parse(value);
      if (read.error !== undefined) throw new Error(read.error);
      return read;
    } finally {
      clearTimeout(timer);
    }
  }

  async function ask(request: object): Promise<Answer> {
    signalGroup(group, 'SIGCONT');
    child.stdin.write(`${JSON.stringify(request)}\n`);
    try {
      return await answer();
    } finally {
      signalGroup(group, 'SIGSTOP');
    }
  }

  try {
    const { about, missing, pids = [] } = await answer();
    group.others.push(...pids);
    if (missing !== undefined) throw new Error(missing);
    signalGroup(group, 'SIGSTOP');
    return {
      about: about ?? '',
      async open(workload, variant) {
        await ask({ open: workload, variant });
      },
      async run(steps) {
        const { steps: done = 0, ms = Number.NaN } = await ask({ run: steps });
        return { steps: done, ms };
      },
      async lossAfter(steps) {
        return (await ask({ lossAfter: steps })).loss ?? null;
      },
      peakMiB: () => peakMiBOf([child.pid, ...group.others]),
      end: () => signalGroup(group, 'SIGKILL'),
    };
  } catch (error) {
    signalGroup(group, 'SIGKILL');
    throw error;
  }
}

/** Runs steps for about `warmMs`, until their code is compiled; returns ms per step. */
export async function warmPeer(peer: PeerProcess, warmMs: number): Promise<number> {
  let [spentMs, stepMs, steps] = [0, Number.NaN, 10];
  while (spentMs < warmMs) {
    const done = await peer.run(steps);
    spentMs += done.ms;
    stepMs = done.ms / done.steps;
    steps = Math.max(steps, Math.round(warmMs / 4 / stepMs));
  }
  return stepMs;
}

interface Answer {
  about?: string;
  missing?: string;
  pids?: number[];
  error?: string;
  steps?: number;
  ms?: number;
  loss?: number | null;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** A process with all that it has started, and processes that have left its group. */
interface Group {
  readonly child: Child;
  readonly others: number[];
}

const running = new Set<Group>();

/** The highest resident memory of each process, added up. */
function peakMiBOf(pids: readonly (number | undefined)[]): number | null {
  if (process.platform !== 'linux') return null;
  const kibibytes = pids.map((pid) => {
    const [, digits] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(digits);
  });
  return kibibytes.reduce((a, b) => a + b, 0) / 1024;
}

function signalGroup({ child: { pid }, others }: Group, signal: NodeJS.Signals): void {
  for (const id of [...(pid === undefined ? [] : [-pid]), ...others]) {
    try {
      process.kill(id, signal);
    } catch {
      // The process has ended.
    }
  }
}

/** No peer outlives this process. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}
process.once('exit', () => {
  for (const group of running) signalGroup(group, 'SIGKILL');
});
