import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';

/**
 * A new folder that is removed after the tests of the file; its function writes a file into it and returns the path.
 */
export function temporaryFolder(): { path: string; write(name: string, bytes: Uint8Array | string): string } {
  const path = mkdtempSync(join(tmpdir(), 'gradloom-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, bytes) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
      return file;
    },
  };
}
