import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { activations } from '../../packages/core/src/families/activations/index.ts';
import { initializers } from '../../packages/core/src/families/initializers/index.ts';
import { losses } from '../../packages/core/src/families/losses/index.ts';
import { optimizers } from '../../packages/core/src/families/optimizers/index.ts';
import { schedules } from '../../packages/core/src/families/schedules/index.ts';
import { layers } from '../../packages/core/src/network/layers/index.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Names in a row of the table "What it has", without what stands in brackets or after a semicolon. */
function namesOf(row: string): string[] {
  const [, cell = ''] = readme.match(new RegExp(`^\\| ${row} \\| (.*) \\|$`, 'm')) ?? [];
  return cell
    .replaceAll(/\([^)]*\)|;.*/g, '')
    .split(',')
    .map((name) => name.trim());
}

test.each(Object.entries({ layers, activations, losses, optimizers, schedules }))(
  'the README names all %s, and no others',
  (family, table) => {
    expect(namesOf(family).toSorted()).toEqual(Object.keys(table).toSorted());
  },
);

test('the README packs by the pnpm that package.json names', () => {
  const { packageManager } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect([...readme.matchAll(/npx (pnpm\S*)/g)].map(([, pnpm]) => pnpm)).toEqual([packageManager]);
});

test('the README names all initializers, and no others', () => {
  const [scaled, ...others] = namesOf('initializers');
  const names = ['glorot', 'he', 'lecun'].flatMap((name) => ['uniform', 'normal'].map((kind) => `${name}-${kind}`));
  expect(scaled).toBe('glorot');
  expect([...names, ...others.filter((name) => name !== 'he and lecun')].toSorted()).toEqual(
    Object.keys(initializers).toSorted(),
  );
});
