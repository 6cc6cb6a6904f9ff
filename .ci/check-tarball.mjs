/** Refuses a packed package that lacks what a user needs, holds anything else, or points back into the workspace. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const tarball = process.argv[2];
const tar = (...args) => execFileSync('tar', args, { encoding: 'utf8' });
const files = tar('-tzf', tarball).trim().split('\n');
const manifest = tar('-xzOf', tarball, 'package/package.json');
const { name, exports, bin } = JSON.parse(manifest);

const wanted = ['README.md', 'LICENSE', ...targetsOf(exports), ...targetsOf(bin)];
const missing = wanted.map((file) => `package/${file.replace('./', '')}`).filter((file) => !files.includes(file));
const allowed =
  /^package\/(package\.json|README\.md|LICENSE|data\/(README\.md|[\w-]+\.csv(\.gz)?)|bin\/[\w-]+\.js|src\/[\w/-]+\.(ts|json)|dist\/[\w/-]+\.(c?js|d\.ts)(\.map)?|dist\/live\.html|dist\/msgpackr-notice\.txt|dist\/playground\/(index\.html|worker\.js))$/;
const foreign = files.filter((file) => !allowed.test(file));

if (missing.length > 0) throw new Error(`${name}: the tarball lacks ${missing.join(', ')}`);
if (foreign.length > 0) throw new Error(`${name}: the tarball also holds ${foreign.join(', ')}`);
if (manifest.includes('workspace:')) throw new Error(`${name}: package.json has "workspace:", expected a version`);
console.log(`${name}: ${files.length} files`);

/** The files that `exports` or `bin` names, at any depth; for a pattern the existing files that match it. */
function targetsOf(entry) {
  if (typeof entry === 'string') return entry.endsWith('/*') ? filesIn(entry.slice(0, -1)) : [entry];
  return Object.values(entry ?? {}).flatMap(targetsOf);
}

/** The files of a folder of the package in the workspace. */
function filesIn(folder) {
  const names = readdirSync(new URL(`../packages/${name.replace('@gradloom/', '')}/${folder}`, import.meta.url));
  return names.filter((file) => !file.endsWith('.py')).map((file) => `${folder}${file}`);
}
