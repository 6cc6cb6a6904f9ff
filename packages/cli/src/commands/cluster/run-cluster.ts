import { flagsToRaw, parseRaw, type Request } from '../../options/raw-options.ts';
import { UsageError } from '../../terminal/failure.ts';
import { exitCodes } from '../../terminal/interrupt.ts';
import { type Io, printLine } from '../../terminal/io.ts';
import { describeDeath, LATE_CODE, withCheckpoint } from './describe-death.ts';
import { type Death, type FoundLauncher, findLauncher } from './launchers.ts';
import { type ClusterRunValues, clusterRunOptions } from './options.ts';
import { type Job, type JobEnd, startJob } from './start-job.ts';
import { readTrainWords } from './train-words.ts';

/** Exit code of a failed job if the launcher has none or 0. */
const FAILURE_CODE = 1;

/** Exit codes of a command that ended by itself: it would end in the same way again. */
const normalExitCodes = new Set<number>([0, 1, 2, ...Object.values(exitCodes)]);

/**
 * Starts a training on ranks. If a rank dies, starts it again from the last checkpoint with one rank less. Resolves to
 * the exit code of the last start.
 */
export async function runCluster(request: Request, io: Io): Promise<number> {
  const end = request.args.indexOf('--');
  const [clusterArgs, trainWords] =
    end === -1 ? [request.args, []] : [request.args.slice(0, end), request.args.slice(end + 1)];
  const values = parseRaw(clusterRunOptions, flagsToRaw(clusterRunOptions, { ...request, args: clusterArgs }));
  refuseWords(request.positionals, trainWords.length);
  const { ranks, restarts = clusterRunOptions.restarts.standard } = values;
  if (ranks === undefined) throw new UsageError('--ranks is missing, expected the number of processes, such as -n 4');
  return runWithRestarts(values, ranks, restarts, trainWords, findLauncher(values.launcher, io.env), io);
}

async function runWithRestarts(
  values: ClusterRunValues,
  ranks: number,
  restarts: number,
  words: readonly string[],
  { command, launcher }: FoundLauncher,
  io: Io,
): Promise<number> {
  const train = readTrainWords(words, restarts);
  const userFlags = values['launcher-flags']?.split(/\s+/).filter((word) => word !== '') ?? [];
  const flags = [...launcher.flags(userFlags, io.env), ...userFlags];
  const signals = createSignals();
  const print = (text: string): void => printLine(io.stderr, `gradloom cluster: ${text}`);
  const printEnd = (reason: string): void => print(withCheckpoint(reason, train.out));
  try {
    for (let restartsLeft = restarts, count = ranks; ; restartsLeft--, count--) {
      const job = startJob({ command, launcher }, [...flags, '-n', String(count)], train.next(), io);
      const { code: launcherCode, tail } = await signals.forwardTo(job);
      const death = launcher.deathIn(tail);
      const code = launcherCode === 0 ? 0 : (death?.exitCode ?? launcherCode);
      const hasDied = endedByDeath(launcherCode, death) || (code !== null && !normalExitCodes.has(code));
      if (signals.received !== null) {
        printEnd(`ended by ${signals.received}`);
        return exitCodes[signals.received];
      }
      if (!hasDied) {
        const advice = code === 1 ? launcher.adviceIn(tail) : null;
        if (advice !== null) print(advice);
        return code ?? FAILURE_CODE;
      }
      // After a signal, which a null exit code means, the code is the launcher's own.
      const isLate = code === LATE_CODE && death?.exitCode !== null;
      // The waiting ranks have already named the late one.
      printEnd(isLate ? 'a rank was late' : describeDeath(death ?? unknownDeath(code), count));
      const nextCount = count - 1;
      if (restartsLeft === 0 || nextCount === 0 || train.out === null) return code || FAILURE_CODE;
      print(
        `starting again on ${nextCount} ${nextCount === 1 ? 'rank' : 'ranks'} (restart ${restarts - restartsLeft + 1} of ${restarts})`,
      );
    }
  } finally {
    signals.release();
  }
}

/**
 * Whether a launcher has ended the job because a rank had died. Its exit code alone does not tell: srun's may be that
 * of a rank that it ended itself, and Hydra's was 0 after 44 of 400 deaths of a process of plain MPI on a loaded
 * machine.
 */
const endedByDeath = (code: number | null, death: Death | null): boolean =>
  death !== null && (code === 0 || death.exitCode === null);

const unknownDeath = (code: number | null) => ({ how: `exit code ${code}`, rank: null, pid: null, host: null });

/** In `cluster run -n 4 -- train`, yargs takes 'run' and everything after `--` for words. */
function refuseWords(positionals: readonly string[], wordsAfterDashes: number): void {
  const [, word] = positionals.slice(0, positionals.length - wordsAfterDashes);
  if (word === undefined) return;
  throw new UsageError(`the word ${JSON.stringify(word)} belongs to no flag, expected -- and a training after it`);
}

const signalNames = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;
type SignalName = (typeof signalNames)[number];

/** Forwards signals to the launcher, which ends the ranks. This process ends after it, so no rank is left running. */
function createSignals() {
  let receivedSignal: SignalName | null = null;
  let job: Job | null = null;
  const listeners = signalNames.map((name) => {
    const listener = (): void => {
      receivedSignal ??= name;
      job?.child.kill(name);
    };
    process.on(name, listener);
    return [name, listener] as const;
  });
  return {
    /** The first signal that arrived. */
    get received(): SignalName | null {
      return receivedSignal;
    },
    /** Waits for a job and meanwhile forwards signals to it. */
    forwardTo(startedJob: Job): Promise<JobEnd> {
      job = startedJob;
      return startedJob.ended;
    },
    release(): void {
      for (const [name, listener] of listeners) process.removeListener(name, listener);
    },
  };
}
