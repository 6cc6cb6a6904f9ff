import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished, type TestContext } from 'vitest';
import type { MpirunName } from './mpirun.ts';
import { skipFor } from './needs.ts';
import { PYTHON } from './python.ts';

const RELAY = fileURLToPath(new URL('python/relay.py', import.meta.url));
const machines = ['node1', 'node2'];

/** A network that takes `delayMs` from one machine to the other, and loses this share of all packets. */
interface Weather {
  readonly delayMs: number;
  readonly loss: number;
  readonly seed: number;
}

/** Two machines for MPI: namespaces with their own names and addresses that share only disks. */
export interface TwoMachines {
  /** Words before a command that make it run on the first machine. */
  readonly first: readonly string[];
  /** Flags with which an mpirun on the first machine starts processes on both, instead of by ssh. */
  readonly flags: Readonly<Record<MpirunName, readonly string[]>>;
}

let made = 0;

/** Creates two machines, removed after the test. Skips the test if that is not permitted. */
export async function twoMachines(context: TestContext, { delayMs, loss, seed }: Weather): Promise<TwoMachines> {
  const tag = `gradloom-${process.pid}-${made++}`;
  const nameOf = (machine: string): string => `${tag}-${machine}`;
  const folder = mkdtempSync(join(tmpdir(), 'gradloom-machines-'));
  onTestFinished(() => {
    for (const machine of machines) spawnSync('ip', ['netns', 'del', nameOf(machine)]);
    rmSync(folder, { recursive: true, force: true });
  });
  for (const [k, machine] of machines.entries()) {
    const name = nameOf(machine);
    ip(context, 'netns', 'add', name);
    ip(context, '-n', name, 'link', 'set', 'lo', 'up');
    ip(context, '-n', name, 'tuntap', 'add', 'dev', 'tun0', 'mode', 'tun');
    ip(context, '-n', name, 'addr', 'add', `10.77.0.${k + 1}/24`, 'dev', 'tun0');
    ip(context, '-n', name, 'link', 'set', 'tun0', 'up');
  }
  const relay = spawn(PYTHON, [RELAY, `${seed}`, `${delayMs}`, `${loss}`, ...machines.map(nameOf)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void relay.kill('SIGKILL'));
  await once(relay.stdout, 'data');

  const hosts = join(folder, 'hosts');
  writeFileSync(hosts, `127.0.0.1 localhost\n${machines.map((name, k) => `10.77.0.${k + 1} ${name}\n`).join('')}`);
  const enter = `mount --bind ${hosts} /etc/hosts && hostname "$1" && shift`;
  const onMachine = (machine: string, then: string): string =>
    `exec ip netns exec ${tag}-${machine} unshare --uts bash -c '${enter} && ${then}' bash ${machine}`;
  const agent = join(folder, 'agent');
  // Called like ssh: flags, the machine, and words that its shell joins.
  writeFileSync(
    agent,
    `#!/bin/bash\nwhile [[ $1 == -* ]]; do shift; done\nmachine=$1; shift\n${onMachine('$machine', 'eval "$*"')} "$@"\n`,
  );
  chmodSync(agent, 0o755);
  return {
    first: ['bash', '-c', `${onMachine('node1', 'exec "$@"')} "$@"`, 'bash'],
    flags: {
      'Open MPI': ['--prtemca', 'plm_ssh_agent', agent, '--mca', 'btl_tcp_if_include', 'tun0'],
      MPICH: ['-launcher', 'ssh', '-launcher-exec', agent],
    },
  };
}

function ip(context: TestContext, ...words: string[]): void {
  const { status, error, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) skipFor(context, 'machines', error?.message ?? stderr.trim());
}
