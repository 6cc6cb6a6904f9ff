import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MemoryJob, MemoryUse } from './memory-use.ts';
import { programFile } from './program-file.ts';

/** What a process of its own takes for the job; with a small heap, whose share of the plan hides little else. */
export async function measureMemory(job: MemoryJob): Promise<MemoryUse> {
  const args = ['--max-old-space-size=256', programFile('memory-use'), JSON.stringify(job)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}
