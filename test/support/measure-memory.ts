import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { MemoryJob, MemoryUse } from './memory-use.ts';
import { programFile } from './program-file.ts';

/**
 * Memory of a separate process for the job, with a small heap, so that the plan's share for the heap hides little else.
 */
export async function measureMemory(job: MemoryJob): Promise<MemoryUse> {
  const args = ['--max-old-space-size=256', programFile('memory-use'), JSON.stringify(job)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}
