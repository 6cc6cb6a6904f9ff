import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Folders and files that a build, a test or a run makes: the lines of `.gitignore` without patterns. */
const made = readFileSync(join(root, '.gitignore'), 'utf8')
  .split('\n')
  .filter((line) => /^[\w./-]+$/.test(line))
  .map((line) => line.replace(/^\/|\/$/g, ''));
const isMade = (path: string): boolean =>
  made.some((name) => name !== 'runs' && `/${path}/`.includes(`/${name}/`)) || /^runs\/[\w.]+-\d+(\/|$)/.test(path);

/** All files of the checkout below a folder. */
const filesIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.name === '.git' || isMade(path)) return [];
    return entry.isDirectory() ? filesIn(path) : [path];
  });
const files = filesIn('.');
const foldersOf = (file: string): string[] =>
  dirname(file) === '.' ? [] : [dirname(file), ...foldersOf(dirname(file))];
const known = new Set([...files, ...files.flatMap(foldersOf)]);
const folderNames = new Set(files.flatMap(foldersOf).map((folder) => posix.basename(folder)));
/** Every end of a known path that begins at a folder or a file: 'tables/table.ts' of 'data/tables/table.ts'. */
const ends = new Set([...known].flatMap((path) => path.split('/').map((_, k, parts) => parts.slice(k).join('/'))));

const pages = files.filter((file) => /^(docs\/)?[^/]+\.md$|^packages\/[^/]+\/README\.md$/.test(file));

/**
 * The paths that a page names in backticks, outside of blocks of code: words with a slash that end in one or in `.ts`
 * or `.mjs`, or begin with the name of a folder of the checkout, and names of files that end in `.ts`. The folder
 * before a `<name>` counts.
 */
function pathsIn(text: string): string[] {
  const prose = text.replace(/^```.*?^```/gms, '');
  return [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, word]) => {
    const path = word.replace(/[^/]*<.*$/, '');
    if (!/^[\w.-]+(\/[\w.-]+)*\/?$/.test(path) || /^\.+\/?$|^\.\w+$/.test(path)) return [];
    const isPath = path.includes('/')
      ? /\/$|\.m?ts$|\.mjs$/.test(path) || folderNames.has(path.split('/')[0])
      : path.endsWith('.ts');
    return isPath ? [path.replace(/^\.\/|\/$/g, '')] : [];
  });
}

/** Whether the checkout has a path, which may lack the folders before it, the `src` of a package and `.test.ts`. */
const exists = (path: string): boolean =>
  [path, path.replace(/^(core|runtime|cli)\//, '$1/src/'), `${path}.test.ts`].some((it) => ends.has(it));

test.each(pages)('%s names only paths that the checkout has', (page) => {
  const paths = pathsIn(readFileSync(join(root, page), 'utf8'));
  expect(paths.filter((path) => !exists(path) && !isMade(path))).toEqual([]);
});

test.each(pages)('%s links only to files that the checkout has', (page) => {
  const links = readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#\s:]+)(#[^)]*)?\)/g);
  const targets = [...links].map(([, link]) => posix.join(posix.dirname(page), link).replace(/\/$/, ''));
  expect(targets.filter((target) => !known.has(target) && !isMade(target))).toEqual([]);
});
