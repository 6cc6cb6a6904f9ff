import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { LockRequest } from './lock-program.ts';

export interface LockProcess {
  readonly child: ChildProcess;
  /** Its answer; null where it was killed instead. */
  ask<T>(request: LockRequest): Promise<T | null>;
}

/** A process that takes locks as it is told; it is ended after the test. */
export function startLockProcess(): LockProcess {
  const source = new URL('source.mjs', import.meta.url).href;
  const child = fork(fileURLToPath(new URL('lock-program.ts', import.meta.url)), {
    execArgv: ['--import', source, '--conditions', '@gradloom/source'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(() => null);
  return {
    child,
    async ask<T>(request: LockRequest) {
      const answer = once(child, 'message').then(([message]) => message as T);
      child.send(request);
      return Promise.race([answer, exit]);
    },
  };
}
