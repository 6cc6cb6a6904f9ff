import { readFileSync } from 'node:fs';

/** Relative to this source, or to the bundle in `dist`. */
const place = import.meta.url.endsWith('.ts') ? '../../package.json' : '../package.json';

const manifest: { version: string; engines: { node: string } } = JSON.parse(
  readFileSync(new URL(place, import.meta.url), 'utf8'),
);

export const version = manifest.version;

/** The oldest Node that will do. */
export const neededNode = manifest.engines.node.replace('>=', '');
