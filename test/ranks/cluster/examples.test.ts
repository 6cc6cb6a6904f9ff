import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { mpiruns } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { programFile } from '../../support/program-file.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const examples = fileURLToPath(new URL('../../../docs/examples/cluster/', import.meta.url));
const read = (name: string): string => readFileSync(examples + name, 'utf8');

/** The command line's own parser of YAML. */
const { parse } = createRequire(new URL('../../../packages/cli/src/options/config-file.ts', import.meta.url))(
  'yaml',
) as { parse(text: string, options: { strict: boolean }): unknown };

const checkShell = (script: string) => execFileSync('bash', ['-n'], { input: script, stdio: ['pipe', 'pipe', 'pipe'] });

interface Container {
  name: string;
  image: string;
  command: string[];
  env?: { name: string; value: string }[];
  volumeMounts?: { name: string; mountPath: string }[];
}
interface Replica {
  replicas: number;
  restartPolicy?: string;
  template: { spec: { containers: Container[]; volumes?: { name: string }[] } };
}
interface MpiJob {
  apiVersion: string;
  kind: string;
  spec: { slotsPerWorker: number; mpiImplementation: string; mpiReplicaSpecs: Record<string, Replica> };
}
const job = parse(read('mpijob.yaml'), { strict: true }) as MpiJob;
const { Launcher: launcher, Worker: workers } = job.spec.mpiReplicaSpecs;

test('nothing but these lies there, and each has a test', () => {
  expect(readdirSync(examples).sort()).toEqual(['Dockerfile', 'hostfile', 'mpijob.yaml', 'train.slurm']);
});

test('the host file names machines with a slot each', () => {
  const lines = read('hostfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines).toEqual(['node1 slots=1', 'node2 slots=1']);
});

test('the Slurm script is a script, whose options stand before its first command', needs('bash'), () => {
  const script = read('train.slurm');
  checkShell(script);
  expect(script.startsWith('#!/bin/bash\n')).toBe(true);
  const [head, ...rest] = script.split(/^(?!#|$)/m);
  const options = [...head.matchAll(/^#SBATCH (.*)$/gm)].map(([, option]) => option);
  expect(options.length).toBeGreaterThan(5);
  // sbatch reads no further than the first command.
  expect(rest.join('')).not.toContain('#SBATCH');
  for (const option of options) expect(option).toMatch(/^--[a-z-]+(=\S+)?$/);
});

test('the manifest is a job of the MPI Operator, with as many ranks as workers', needs('bash'), () => {
  expect(job).toMatchObject({ apiVersion: 'kubeflow.org/v2beta1', kind: 'MPIJob' });
  expect(job.spec).toMatchObject({ slotsPerWorker: 1, mpiImplementation: 'OpenMPI' });
  expect(launcher.replicas).toBe(1);
  const [{ command }] = launcher.template.spec.containers;
  for (const word of command) expect(word).toBeTypeOf('string');
  expect(command[command.indexOf('-n') + 1]).toBe(String(workers.replicas));
  // Without it, Open MPI 5 starts all ranks beside itself, and nobody says so.
  expect(command[command.indexOf('--hostfile') + 1]).toBe('/etc/mpi/hostfile');
  checkShell(command.at(-1) ?? '');
  for (const { template } of [launcher, workers]) {
    for (const { env = [], volumeMounts = [] } of template.spec.containers) {
      for (const { value } of env) expect(value).toBeTypeOf('string');
      const volumes = (template.spec.volumes ?? []).map(({ name }) => name);
      for (const { name } of volumeMounts) expect(volumes).toContain(name);
    }
  }
});

test("the image's recipe has known instructions, and its commands are a shell's", needs('bash'), () => {
  const lines = read('Dockerfile').replaceAll('\\\n', ' ').split('\n');
  for (const line of lines.filter((text) => text !== '' && !text.startsWith('#'))) {
    const [, instruction, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    expect(['FROM', 'RUN', 'WORKDIR']).toContain(instruction);
    if (instruction === 'RUN') checkShell(rest);
  }
  const [{ image }] = workers.template.spec.containers;
  expect(read('Dockerfile')).toContain(`docker build -t ${image} .`);
});

test('the command of the manifest trains, and goes on', {
  ...needs('bash', 'Open MPI', 'koffi'),
  timeout: 240_000,
}, async () => {
  // A small problem in place of a large one.
  const program = `'${process.execPath}' '${programFile('program')}'`;
  chmodSync(
    folder.write(
      'gradloom',
      `#!/bin/bash\nwords=("\${@/#20/1}")\nexec ${program} "\${words[@]/#mnist/moons:rows=60}"\n`,
    ),
    0o755,
  );
  const { command: mpirun, env: needed } = mpiruns['Open MPI'];
  const env = { ...process.env, ...needed, PATH: `${folder.path}:${process.env.PATH}` };
  const [{ command }] = launcher.template.spec.containers;
  const hosts = folder.write('hosts', 'localhost slots=4\n');
  const words = command.map((word) => word.replaceAll('/etc/mpi/hostfile', hosts).replaceAll('/data', folder.path));
  const [first, ...rest] = words.map((word) => word.replaceAll('/mnist', '/kubernetes'));
  expect(first).toBe('mpirun');
  const fewer = rest.with(rest.indexOf('-n') + 1, '2');
  for (const time of ['first', 'second']) {
    await promisify(execFile)(mpirun, fewer, { cwd: folder.path, env });
    expect(existsSync(join(folder.path, 'kubernetes/model.gradloom')), time).toBe(true);
  }
});
