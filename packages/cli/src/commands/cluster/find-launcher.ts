import { type FoundLauncher, type Launcher, launchers } from './launchers.ts';
import { versionOf } from './start-job.ts';

/**
 * The named launcher. Without a name srun inside a Slurm job, else mpirun or mpiexec, whichever is installed. @throws
 * Error if it is missing or unknown.
 */
export function findLauncher(
  named: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): FoundLauncher {
  const isSlurm = env.SLURM_JOB_ID !== undefined;
  const commands = named === undefined ? [...(isSlurm ? ['srun'] : []), 'mpirun', 'mpiexec'] : [named];
  let has = named === undefined ? 'the PATH has neither mpirun nor mpiexec' : `--launcher has ${named}`;
  for (const command of commands) {
    const version = versionOf(command, env);
    if (version instanceof Error) {
      if (named !== undefined) has = `--launcher has ${named}, which cannot be started (${codeOf(version)})`;
      continue;
    }
    const found = Object.entries<Launcher>(launchers).find(([, launcher]) => launcher.isIt(version));
    if (found !== undefined) return { command, name: found[0], launcher: found[1] };
    has = `${command} calls itself ${JSON.stringify(version.split('\n')[0].slice(0, 60))}`;
  }
  const wanted = `expected ${Object.keys(launchers).join(', ')} (Debian: apt install openmpi-bin, or mpich)`;
  throw new Error(`cluster: ${has}, ${wanted}`);
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);
