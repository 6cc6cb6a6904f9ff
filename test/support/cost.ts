import { readFileSync } from 'node:fs';
import { afterAll } from 'vitest';

/** Time that a test file took, including imports. `cpu` includes threads and child processes that have ended. */
export interface Cost {
  readonly wall: number; // seconds
  readonly cpu: number; // seconds
}

declare module 'vitest' {
  interface TaskMeta {
    cost?: Cost;
  }
}

const began = now();

// biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of fixtures from the source of this function
afterAll(({}, file) => {
  const { wall, cpu } = now();
  file.meta.cost = { wall: wall - began.wall, cpu: cpu - began.cpu };
});

function now(): Cost {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 + endedProcesses() };
}

/** Processor seconds of child processes that have ended; 0 on systems without /proc. */
function endedProcesses(): number {
  if (process.platform !== 'linux') return 0;
  // Fields are counted after the name, which may hold spaces. The unit is 1/100 s on every Linux.
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15);
  return (Number(user) + Number(system)) / 100;
}
