/** Makes the pictures of README and docs from real runs, which takes about a minute: node docs/make-pictures.mjs */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const docs = fileURLToPath(new URL('.', import.meta.url));
const cli = join(docs, '../packages/cli/bin/gradloom.js');

/** Each picture: its file here, its file in the run, and the run. */
const pictures = [
  ['vanishing.svg', 'gradient-by-layer.svg', ['experiment', 'vanishing']],
  ['fitted-curve.svg', 'fitted-curve.svg', ['train', '--dataset', 'sine', '--backend', 'wasm', '--quiet']],
  ['training.svg', 'loss.svg', ['train', '--dataset', 'mnist', '--backend', 'wasm', '--quiet']],
];

const folder = mkdtempSync(join(tmpdir(), 'gradloom-pictures-'));
try {
  for (const [name, picture, args] of pictures) {
    const out = join(folder, name);
    execFileSync(process.execPath, [cli, ...args, '--out', out], { stdio: ['ignore', 'ignore', 'inherit'] });
    copyFileSync(join(out, picture), join(docs, name));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
