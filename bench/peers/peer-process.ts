import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Variant } from './peer.ts';
import type { Workload } from './workloads.ts';

/**
 * A peer in a process of its own. Between its turns it is stopped, so that its threads take no core from the others.
 */
export interface PeerProcess {
  readonly about: string;
  open(workload: Workload, variant: Variant): Promise<void>;
  /** About that many steps. */
  run(steps: number): Promise<{ steps: number; ms: number }>;
  lossAfter(steps: number): Promise<number | null>;
  end(): void;
}

const LIMIT_MS = 60_000; // for one answer

/** Starts a program. @throws Error (rejects) with what it says is missing. */
export async function startPeer(
  command: readonly string[],
  environment: Readonly<Record<string, string>>,
  cwd = join(import.meta.dirname, '../..'), // what this process's own flags are relative to
): Promise<PeerProcess> {
  const [program, ...args] = command;
  // A group of its own, since a peer may start others: a signal goes to all of them.
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new Error(`${program} does not start: ${error.message}`)));
    child.once('exit', (code, signal) => {
      running.delete(child);
      reject(new Error(`it ended with ${signal ?? code}: ${errors.trim().split('\n').at(-1) ?? ''}`));
    });
  });
  ended.catch(() => {});
  child.stdin.on('error', () => {}); // its exit says why

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
    signalGroup(child, 'SIGCONT');
    child.stdin.write(`${JSON.stringify(request)}\n`);
    try {
      return await answer();
    } finally {
      signalGroup(child, 'SIGSTOP');
    }
  }

  try {
    const { about, missing } = await answer();
    if (missing !== undefined) throw new Error(missing);
    signalGroup(child, 'SIGSTOP');
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
      end: () => signalGroup(child, 'SIGKILL'),
    };
  } catch (error) {
    signalGroup(child, 'SIGKILL');
    throw error;
  }
}

interface Answer {
  about?: string;
  missing?: string;
  error?: string;
  steps?: number;
  ms?: number;
  loss?: number | null;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const running = new Set<Child>();

function signalGroup({ pid }: Child, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}

/** No peer outlives this process. */
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => process.exit(1));
}
process.once('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});
