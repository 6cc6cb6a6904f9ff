import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { MemoryJob, MemoryUse } from './memory-use.ts';

/** What a process of its own takes for the job; with a small heap, whose share of the plan hides little else. */
export async function measureMemory(job: MemoryJob): Promise<MemoryUse> {
  const program = fileURLToPath(new URL('memory-use.ts', import.meta.url));
  const flags = [
    '--import',
    new URL('source.mjs', import.meta.url).href,
    '--conditions',
    '@gradloom/source',
    '--max-old-space-size=256',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program, JSON.stringify(job)]);
  return JSON.parse(stdout);
}
