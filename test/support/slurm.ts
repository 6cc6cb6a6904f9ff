import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Slurm on this machine only, as one node with several processors. */
export interface Slurm {
  /** Environment variables that its commands need. */
  readonly env: Readonly<Record<string, string>>;
  /** The exit code of a job, such as '143'; null while it waits or runs. */
  exitCode(job: string): string | null;
}

/** The daemons of Slurm. */
export type SlurmPrograms = ChildProcess[];

/** Ends them in reverse order. */
export async function endSlurm(programs: SlurmPrograms): Promise<void> {
  for (const child of programs.splice(0).reverse()) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
    const ended = once(child, 'close');
    child.kill();
    await ended;
  }
}

/** Enough for two jobs of a few ranks at the same time. */
const CPUS = 8;

/**
 * Starts Slurm with its own configuration, key and ports. Adds processes to end to `programs`. Returns a reason if it
 * cannot start.
 */
export async function startSlurm(folder: string, programs: SlurmPrograms): Promise<Slurm | string> {
  const at = (name: string): string => join(folder, name);
  for (const name of ['state', 'spool']) mkdirSync(at(name), { recursive: true });
  const [socket, key] = [at('munge.socket'), at('munge.key')];
  const host = hostname().split('.')[0];
  const [controller, node] = [await freePort(), await freePort()];
  const user = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
  const lines = [
    ...['ClusterName=test', `SlurmctldHost=${host}(127.0.0.1)`, `SlurmUser=${user}`, `SlurmdUser=${user}`],
    ...['AuthType=auth/munge', `AuthInfo=socket=${socket}`, `StateSaveLocation=${at('state')}`],
    ...[
      `SlurmdSpoolDir=${at('spool')}`,
      `SlurmctldPidFile=${at('slurmctld.pid')}`,
      `SlurmdPidFile=${at('slurmd.pid')}`,
    ],
    ...[
      `SlurmctldPort=${controller}`,
      `SlurmdPort=${node}`,
      'ProctrackType=proctrack/linuxproc',
      'TaskPlugin=task/none',
    ],
    ...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_Core', 'SlurmdParameters=config_overrides'],
    ...['ReturnToService=2', 'MpiDefault=none', 'JobRequeue=1'],
    ...[`NodeName=${host} NodeAddr=127.0.0.1 CPUs=${CPUS}`, `PartitionName=all Nodes=${host} Default=YES State=UP`],
  ];
  writeFileSync(at('slurm.conf'), `${lines.join('\n')}\n`);
  writeFileSync(at('cgroup.conf'), 'CgroupPlugin=disabled\n');
  const env = { SLURM_CONF: at('slurm.conf') };
  const start = (name: string, args: readonly string[]): void => {
    const child = spawn(name, args, { env: { ...process.env, ...env, PATH: SYSTEM_PATH }, stdio: 'ignore' });
    child.on('error', () => {});
    programs.push(child);
  };
  const run = (name: string, ...args: string[]): { readonly status: number | null; readonly stdout: string } =>
    spawnSync(name, args, { env: { ...process.env, ...env, PATH: SYSTEM_PATH }, encoding: 'utf8', timeout: 5000 });
  const exitCode = (job: string): string | null => {
    const { stdout } = run('scontrol', 'show', 'job', job);
    const isUnderWay = /JobState=(PENDING|CONFIGURING|RUNNING|COMPLETING)/.test(stdout);
    return isUnderWay ? null : (/ExitCode=(\d+)/.exec(stdout)?.[1] ?? stdout);
  };

  if (run('mungekey', '--create', `--keyfile=${key}`).status !== 0) return 'mungekey makes no key';
  const files = ['pid', 'seed', 'log'].map((kind) => `--${kind}-file=${at(`munge.${kind}`)}`);
  start('munged', ['--foreground', '--force', `--key-file=${key}`, `--socket=${socket}`, ...files]);
  start('slurmctld', ['-D', '-L', at('slurmctld.log')]);
  start('slurmd', ['-D', '-N', host, '-L', at('slurmd.log')]);
  for (const begun = Date.now(); Date.now() - begun < PATIENCE_MS; ) {
    const { stdout } = run('sinfo', '--noheader', '--format=%t');
    if (/^idle/m.test(stdout)) return { env, exitCode };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return `its node is not idle: ${lastLine(at('slurmctld.log'))}; ${lastLine(at('slurmd.log'))}`;
}

/** Debian keeps daemons outside of some users' PATH. */
const SYSTEM_PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
/** Time limit for its node to start; a hook of a test file may take a minute. */
const PATIENCE_MS = 30_000;

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  } catch {
    return `there is no ${file}`;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
