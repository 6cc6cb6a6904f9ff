import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** All files below `folder` in a fixed order; none if it does not exist. */
export function filesUnder(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]));
}

/** SHA-256 over names and contents: a checkout, a touch or a copy that keeps the contents keeps the hash. */
export function hashFiles(files, root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)} ${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Hashes of what each stage had read when it last succeeded. An unreadable file counts as empty: the stages then run
 * again.
 */
export function openStamps(file) {
  const stamps = new Map(read());
  const save = () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify([...stamps]));
  };
  return {
    get: (name) => stamps.get(name),
    set: (name, stamp) => {
      stamps.set(name, stamp);
      save();
    },
    delete: (name) => {
      if (stamps.delete(name)) save();
    },
  };

  function read() {
    try {
      return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      return [];
    }
  }
}
