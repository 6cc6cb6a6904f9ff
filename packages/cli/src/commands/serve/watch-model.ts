import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { MODEL_FILE } from '../../files/run-files/names.ts';

export interface ModelWatch {
  /** Loads the model now, changed or not. */
  force(): void;
  /** Resolves when nothing is being loaded any more. */
  stop(): Promise<void>;
}

// Events of `fs.watch` are lost on bind mounts and network file systems, and when the watched file is renamed over; a
// stat of the path takes 0.1 ms and is right everywhere.
const POLL_MS = 500;

/** Identifies a version of a model file, or of that of a run: another file in its place has another text. */
export async function fileVersion(path: string): Promise<string> {
  try {
    let stats = await stat(path, { bigint: true });
    if (stats.isDirectory()) stats = await stat(join(path, MODEL_FILE), { bigint: true });
    return [stats.dev, stats.ino, stats.size, stats.mtimeNs].join();
  } catch (error) {
    return String(error); // such as that the file is missing
  }
}

/**
 * Calls `load` when the model at `path` has another version than the loaded one, and has kept it for one interval: a
 * file that is being written is not read, and one that is missing for a moment is not noticed.
 */
export function watchModel(path: string, loadedVersion: string, load: () => Promise<void>): ModelWatch {
  let currentVersion = loadedVersion;
  let last = loadedVersion;
  let isStopped = false;
  let pause = new AbortController();
  async function poll(): Promise<void> {
    for (;;) {
      await setTimeout(POLL_MS, undefined, { signal: pause.signal }).catch(() => {});
      if (isStopped) return;
      const isForced = pause.signal.aborted;
      if (isForced) pause = new AbortController();
      const version = await fileVersion(path);
      const hasChanged = version !== currentVersion && version === last;
      last = version;
      if (!isForced && !hasChanged) continue;
      currentVersion = version;
      await load();
    }
  }
  const polling = poll();
  return {
    force: () => pause.abort(),
    stop() {
      isStopped = true;
      pause.abort();
      return polling;
    },
  };
}
