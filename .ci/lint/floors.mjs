/**
 * Checks the floors of the packages: each folder of `src` imports only floors below it, types too; no imports run in a
 * circle; and the code that runs the steps of a thread imports no module of Node. Prints each import that breaks a
 * rule.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = join(dirname(fileURLToPath(import.meta.url)), '../../packages');

/** The floors of each package, from the lowest to the highest. The files of `src` itself are above all of them. */
const floors = {
  core: ['checks', 'math', 'families', 'program', 'backends', 'network', 'training', 'inference', 'custom'],
  cli: ['terminal', 'options', 'files', 'lab', 'report', 'commands'],
  runtime: ['system', 'cluster', 'data', 'engine', 'training', 'models', 'measurement', 'browser'],
};

/**
 * Files that must run in a browser's worker, with all that they import. Bundlers for browsers replace the modules that
 * `browser` of a package.json names.
 */
const withoutNode = {
  runtime: ['engine/step/run-steps.ts', 'engine/step/context.ts', 'engine/evaluation/evaluation.ts', 'browser.ts'],
};

const problems = Object.keys(floors).flatMap((name) => {
  const imports = importsOf(join(packages, name, 'src'));
  return [...climbing(name, imports), ...circles(name, imports), ...ofNode(name, imports)];
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/** The imports of each file: files of the same package by their path in `src`, others by name. */
function importsOf(src) {
  const files = readdirSync(src, { recursive: true }).filter((file) => file.endsWith('.ts'));
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(src, file), 'utf8');
      const found = [...text.matchAll(/^(?:import|export)\s(type\s)?[^;]*?from\s'([^']+)'|\bimport\('([^']+)'\)/gm)];
      const targets = found.map(([, type, from, lazy]) => {
        const name = from ?? lazy;
        const path = name.startsWith('.') ? relative(src, resolve(src, dirname(file), name)) : name;
        return { path, isType: type !== undefined, isOurs: name.startsWith('.') && path.endsWith('.ts') };
      });
      return [file, targets];
    }),
  );
}

function climbing(name, imports) {
  const order = floors[name];
  const floorOf = (file) => (file.includes('/') ? order.indexOf(file.split('/')[0]) : order.length);
  const wrong = [];
  for (const [file, targets] of imports) {
    const floor = floorOf(file);
    if (floor === -1) wrong.push(`${name}: ${file} lies on no floor, expected one of ${order.join(', ')}`);
    for (const { path, isOurs } of targets) {
      if (!isOurs || floorOf(path) <= floor) continue;
      const below = order.slice(0, floor + 1).join(', ');
      wrong.push(`${name}: ${file} imports ${path}, which lies higher, expected an import of ${below}`);
    }
  }
  return wrong;
}

function circles(name, imports) {
  const state = new Map();
  const wrong = [];
  const visit = (file, path) => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      const circle = [...path.slice(path.indexOf(file)), file];
      wrong.push(`${name}: imports run in a circle: ${circle.join(' -> ')}`);
      return;
    }
    state.set(file, 'open');
    for (const { path: next, isOurs } of imports.get(file) ?? []) if (isOurs) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of imports.keys()) visit(file, []);
  return wrong;
}

/** Type imports do not count, as they are gone when the code runs. */
function ofNode(name, imports) {
  const wrong = [];
  const manifest = join(packages, name, 'package.json');
  const { browser = {} } = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
  const seen = new Set();
  const visit = (source, by) => {
    const file = browser[`./src/${source}`]?.replace('./src/', '') ?? source;
    if (seen.has(file)) return;
    seen.add(file);
    for (const { path, isType, isOurs } of imports.get(file) ?? []) {
      if (isType) continue;
      if (isOurs) visit(path, [...by, file]);
      else if (path.startsWith('node:')) {
        const way = by.length === 0 ? '' : ` (imported by ${[...by].reverse().join(', by ')})`;
        wrong.push(
          `${name}: ${file} imports ${path}${way}, expected no module of Node in what runs steps: see thread-environment.ts`,
        );
      }
    }
  };
  for (const file of withoutNode[name] ?? []) visit(file, []);
  return wrong;
}
