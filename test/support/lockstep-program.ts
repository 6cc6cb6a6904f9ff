import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Checkpoint,
  type Cluster,
  createPool,
  createTrainer,
  loadCheckpoint,
  openCluster,
  type Pool,
  type Profile,
  type TrainEvent,
  type Trainer,
  type TrainingRun,
  type TrainOptions,
  type TrainResult,
  train,
} from '../../packages/runtime/src/index.ts';
import { type LateRank, type Story, storyData, storyOptions, storySpec } from './lockstep-story.ts';

/** Results of a run on a rank: its result or error, and the events that it has reported. */
export interface RankReport {
  readonly fingerprint?: string;
  readonly steps?: number;
  readonly stopped?: string;
  readonly trainLosses?: readonly number[];
  readonly validation?: unknown;
  readonly test?: unknown;
  readonly profiles?: readonly Profile[];
  readonly elapsedMs?: number;
  readonly error?: string;
  readonly refused?: string; // order to a rank that is not the first
  readonly events: readonly TrainEvent[];
}

/** The pool for runs on one thread: starting a thread takes longer than most runs. */
let thread: Promise<Pool> | undefined;

export const endThread = async (): Promise<void> => (await thread)?.close();

/** Runs `train` on one rank of a cluster or alone. */
export async function tell(
  story: Story,
  cluster: Cluster | undefined,
  folder: string | undefined,
): Promise<RankReport> {
  const events: TrainEvent[] = [];
  const { resume, ...more } = storyOptions(story, cluster?.rank ?? 0);
  const from: Checkpoint | undefined = resume === undefined ? undefined : loadCheckpoint(resume);
  const isKept = folder !== undefined && (cluster === undefined || cluster.rank === 0);
  const controller = new AbortController();
  let run: TrainingRun | undefined;
  thread ??= createPool({ threads: 1 });
  const options: TrainOptions = {
    ...more,
    ...(more.threads === 1 ? { pool: await thread } : {}),
    ...(cluster === undefined ? {} : { cluster }),
    ...(from === undefined ? {} : { resume: from }),
    ...(isKept
      ? { checkpoint: { folder, ...(story.every === undefined ? {} : { every: story.every }), keep: 100 } }
      : {}),
    onEvent(event) {
      if (story.steers) steer(event);
      events.push(event.type === 'probe' ? { ...event, parameters: new Float64Array(0) } : event);
      const isOfLate = event.type === 'warning' && event.message.includes('the run waits for');
      if (story.late !== undefined && isOfLate) writeFileSync(story.late.mark, '');
      if (story.throwsAt === event.type) throw new Error(`the listener refuses ${event.type}`);
    },
    signal: controller.signal,
  };
  function steer(event: TrainEvent): void {
    if (event.type === 'epoch' && event.epoch === 1) void run?.steer('pause');
    if (event.type !== 'steer' || event.action !== 'pause') return;
    void run?.steer('rate', 0.05);
    void run?.steer('continue');
  }

  if (story.abortsOn === (cluster?.rank ?? 0)) controller.abort();
  if (cluster !== undefined && story.endsPoolOn === cluster.rank) {
    options.pool = await createPool({ threads: 1 });
    await options.pool.destroy();
  }
  try {
    const [spec, data] = [storySpec(story, cluster?.rank ?? 0), storyData(story, cluster?.rank ?? 0)];
    if (story.beside) {
      const one = train(spec, data, options);
      const refusal = await train(spec, data, options).then(String, String);
      return { ...reportOf(await one), error: refusal, events };
    }
    run = story.strides === undefined ? train(spec, data, options) : undefined;
    const refusal = story.steers && (cluster?.rank ?? 0) > 0 ? run?.steer('stop').then(String, String) : undefined;
    const result = await (run === undefined ? stride(story.strides ?? []) : run);
    const refused = await refusal;
    return { ...reportOf(result), ...(refused === undefined ? {} : { refused }), events };

    /** Trains with a loop of its own. */
    async function stride(strides: readonly number[]): Promise<TrainResult> {
      const trainer = await createTrainer(spec, data, options);
      for (let k = 0; !trainer.isDone; k++) {
        if (k === 1 && story.late !== undefined) await beLate(story.late);
        if (k === 1) await stray(trainer);
        await trainer.step(strides[k % strides.length]);
        await trainer.evaluate();
      }
      return await trainer.finish();
    }

    async function stray(trainer: Trainer): Promise<void> {
      const [rank, call] = story.strays ?? [];
      if (cluster?.rank !== rank) return;
      if (call === 'setRate') trainer.setRate(0.5);
      else await trainer.evaluate();
    }

    async function beLate({ rank, mark }: LateRank): Promise<void> {
      if (cluster?.rank === 0) controller.abort();
      while (cluster?.rank === rank && !existsSync(mark)) await sleep(5);
    }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error), events };
  }
}

const reportOf = (result: TrainResult) => {
  const { fingerprint, steps, stopped, epochLosses, validation, test, profiles, elapsedMs } = result;
  return {
    fingerprint,
    steps,
    stopped,
    trainLosses: [...epochLosses],
    validation,
    test,
    ...(profiles === undefined ? {} : { profiles, elapsedMs }),
  };
};

/** As a program: all ranks run the stories of the file in argv; each rank writes its reports into its own file. */
if (process.argv[1]?.endsWith('lockstep-program.js')) {
  const [, , stories, folder] = process.argv;
  try {
    const cluster = await openCluster();
    const reports: RankReport[] = [];
    for (const story of JSON.parse(readFileSync(stories, 'utf8')) as Story[]) {
      reports.push(await tell(story, cluster, story.folder));
    }
    await endThread();
    await cluster.close();
    writeFileSync(join(folder, `rank-${cluster.rank}.json`), JSON.stringify(reports));
  } catch (error) {
    console.error(error instanceof Error ? error.stack : error);
    process.exitCode = 1;
  }
}
