import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Installs the programs that come from npm, without their install scripts. */
export function installPeers(): void {
  const { packageManager } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const args = [
    '--yes',
    packageManager,
    'install',
    '--ignore-workspace',
    '--ignore-scripts',
    '--frozen-lockfile',
    '--prefer-offline',
  ];
  const { status } = spawnSync('npx', args, { cwd: import.meta.dirname, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) console.log('bench/peers could not be installed: peers from npm are skipped');
}
