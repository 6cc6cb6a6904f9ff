import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A control group with a memory limit. */
export interface ControlGroup {
  readonly processes: string; // the file that a process id is written to
  limit(bytes: number): void;
  remove(): void;
}

/** Creates a control group, of the version that this machine has; null if that is impossible. */
export function createControlGroup(): ControlGroup | null {
  for (const [root, file] of [
    ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
    ['/sys/fs/cgroup', 'memory.max'],
  ]) {
    const folder = join(root, `gradloom-test-${process.pid}`);
    try {
      mkdirSync(folder);
    } catch {
      continue;
    }
    const group: ControlGroup = {
      processes: join(folder, 'cgroup.procs'),
      limit: (bytes) => writeFileSync(join(folder, file), String(bytes)),
      remove: () => rmdirSync(folder),
    };
    try {
      group.limit(1 << 30);
      return group;
    } catch {
      group.remove();
    }
  }
  return null;
}
