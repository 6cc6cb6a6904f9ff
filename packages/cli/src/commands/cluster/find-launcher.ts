import { type FoundLauncher, type Launcher, launchers } from './launchers.ts';
import { versionOf } from './start-job.ts';

/**
 * The named launcher. Without a name srun inside a Slurm job, else mpirun or mpiexec, whichever is installed. @throws
 * Error if it is missing or unknown.
 */
export function findLauncher(
  requested: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): FoundLauncher {
  const isSlurm = env.SLURM_JOB_ID !== undefined;
  const commands = requested === undefined ? [...(isSlurm ? ['srun'] : []), 'mpirun', 'mpiexec'] : [requested];
  let has = requested === undefined ? 'the PATH has neither mpirun nor mpiexec' : `--launcher has ${requested}`;
  for (const command of commands) {
    const version = versionOf(command, env);
    if (version instanceof Error) {
      if (requested !== undefined) has = `--launcher has ${requested}, which cannot be started (${codeOf(version)})`;
      continue;
    }
    const match = Object.entries<Launcher>(launchers).find(([, launcher]) => launcher.isVersion(version));
    if (match !== undefined) return { command, name: match[0], launcher: match[1] };
    has = `${command} calls itself ${JSON.stringify(version.split('\n')[0].slice(0, 60))}`;
  }
  const expected = `expected ${Object.keys(launchers).join(', ')} (Debian: apt install openmpi-bin, or mpich)`;
  throw new Error(`cluster: ${has}, ${expected}`);
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);
