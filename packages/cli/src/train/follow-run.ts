import { basename } from 'node:path';
import { type TrainEvent, TrainingError, train } from '@gradloom/runtime';
import { type Io, printLine } from '../io.ts';
import { kebabCase } from '../options/member.ts';
import { exitCodes, type Interruption, listenForInterrupt } from '../terminal/interrupt.ts';
import { epochLine, probeLine } from './metrics-line.ts';
import { modelOf } from './model-of.ts';
import { trainOptions } from './options.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter, RunStart, StartEvent } from './reporter.ts';
import { runConfig } from './run-config.ts';
import { createRunDirectory, type RunDirectory } from './run-directory.ts';

/** Runs a recipe to its end or to a signal, shows it and writes it down. Resolves to the exit code. */
export async function followRun(recipe: Recipe, reporter: Reporter, io: Io): Promise<number> {
  const interrupt = listenForInterrupt(io);
  const failure = new AbortController();
  let start: RunStart | undefined;
  let directory: RunDirectory | undefined;

  function take(event: TrainEvent): void {
    if (event.type === 'start') {
      directory = openDirectory(recipe, event);
      start = { recipe, event, out: directory?.path ?? null };
      reporter.start(start);
    } else if (event.type === 'epoch') {
      directory?.addMetrics(epochLine(event));
      reporter.epoch(event);
    } else if (event.type === 'probe') {
      directory?.addMetrics(probeLine(event));
      reporter.probe(event);
    } else if (event.type === 'progress') {
      reporter.progress(event);
    } else if (event.type === 'warning') {
      const message = withFlag(event.message);
      printLine(io.stderr, `gradloom train: warning: ${message}`);
      reporter.warning(message);
    }
  }

  try {
    const signal = AbortSignal.any([interrupt.signal, failure.signal]);
    const run = train(recipe.spec, recipe.sets, { ...recipe.options, signal });
    for await (const event of run) take(event);
    const result = await run.result;
    reporter.stop();
    directory?.saveModel(modelOf(recipe, result.parameters));
    if (start !== undefined) reporter.done(start, result);
    return interrupt.signal.aborted ? exitCodes[interrupt.signal.reason as Interruption] : 0;
  } catch (error) {
    // Whatever failed here, threads must not go on behind it.
    failure.abort();
    reporter.stop();
    if (!(error instanceof TrainingError) || directory === undefined) throw error;
    directory.saveModel(modelOf(recipe, error.parameters));
    throw new Error(`${error.message}; the model before that step is in ${directory.path}`, { cause: error });
  } finally {
    interrupt.release();
    directory?.close();
  }
}

function openDirectory(recipe: Recipe, event: StartEvent): RunDirectory | undefined {
  if (recipe.values['no-out']) return undefined;
  const name = basename(recipe.sets.train.name).replaceAll(/[^\w.-]+/g, '-');
  return createRunDirectory(recipe.values.out, name, runConfig(recipe, event));
}

/** 'threads has 3, …' as '--threads has 3, …'. */
const withFlag = (message: string): string =>
  message.replace(/^\w+(?= has )/, (word) => (kebabCase(word) in trainOptions ? `--${kebabCase(word)}` : word));
