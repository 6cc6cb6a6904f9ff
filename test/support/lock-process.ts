import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import type { LockRequest } from './lock-program.ts';
import { programFile } from './program-file.ts';

export interface LockProcess {
  readonly child: ChildProcess;
  /** The answer; null if the process was killed. */
  ask<T>(request: LockRequest): Promise<T | null>;
}

/** A process that takes locks on request; it is ended after the test. */
export function startLockProcess(): LockProcess {
  const child = fork(programFile('lock-program'), { execArgv: [] });
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
