import { readFileSync } from 'node:fs';

const manifest: { version: string; engines: { node: string } } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);

export const version = manifest.version;

/** The oldest Node that will do. */
export const neededNode = manifest.engines.node.replace('>=', '');
