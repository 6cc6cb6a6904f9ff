import { availableParallelism } from 'node:os';
import { InputError } from '@gradloom/core';
import type { ModuleSource } from '@gradloom/core/internal';
import { keepCheckpoint, type Written } from './checkpoints/checkpoint-folder.ts';
import { diagnose } from './faults/diagnose.ts';
import { evaluateChunks } from './inference/evaluation.ts';
import { createInferenceContext } from './inference/inference-context.ts';
import { runExchange } from './measure/exchange.ts';
import { runTriad } from './measure/triad.ts';
import { importedParts, importParts } from './own/imported-parts.ts';
import { answerTask } from './serving/answer-task.ts';
import { createContext } from './step/context.ts';
import { runSteps } from './step/run-steps.ts';
import { abortTeam, CONTROL } from './threads/barrier.ts';
import { keepContexts } from './threads/contexts.ts';
import { fromMessage, type Message } from './threads/messages.ts';
import { openThread } from './threads/opening.ts';
import type { CheckpointTask, EvaluationTask, SpanTask, TaskAnswers, WorkerTask } from './threads/protocol.ts';

const contextOf = keepContexts(createContext);
const inferenceContextOf = keepContexts(createInferenceContext);

type Answer = TaskAnswers[WorkerTask['kind']];

/** A thread's entry: Piscina calls it with each task. A thread imports what a user's parts stand in once. */
export default function work(message: Message): Answer | Promise<Answer> {
  const task = fromMessage(message);
  const modules = modulesOf(task);
  return importedParts(modules) === undefined ? importParts(modules).then(() => answer(task)) : answer(task);
}

function modulesOf(task: WorkerTask): readonly ModuleSource[] {
  if ('setup' in task) return task.setup.modules;
  return task.kind === 'answers' ? (task.model?.modules ?? []) : [];
}

function answer(task: WorkerTask): Answer {
  if (task.kind === 'opening') return openThread(contextOf(task), task);
  if (task.kind === 'span') return span(task);
  if (task.kind === 'evaluation') return evaluate(task);
  if (task.kind === 'diagnosis') return diagnose(contextOf(task), task);
  if (task.kind === 'checkpoint') return writeCheckpoint(task);
  if (task.kind === 'answers') return answerTask(task);
  if (task.kind === 'triad') runTriad(task, availableParallelism());
  if (task.kind === 'exchange') runExchange(task, availableParallelism());
  return undefined;
}

/** Without a context: the arrays come with the task. */
function writeCheckpoint({ setup, entry }: CheckpointTask): Written {
  Atomics.add(setup.control, CONTROL.checkedIn, 1);
  return keepCheckpoint(setup.spec, entry);
}

/** In a run, evaluations use what its steps use. */
function evaluate(task: EvaluationTask): TaskAnswers['evaluation'] {
  const { setup } = task;
  const context = setup.kind === 'training' ? contextOf({ ...task, setup }) : inferenceContextOf({ ...task, setup });
  return evaluateChunks(context, task);
}

/** An error in this thread, wherever it comes from, aborts the whole team, so that nobody waits for it. */
function span(task: SpanTask): TaskAnswers['span'] {
  try {
    runSteps(contextOf(task), task);
    return undefined;
  } catch (error) {
    abortTeam(task.setup.control);
    // Not a failure of the thread: new threads would fail again.
    if (error instanceof InputError) return 'refused';
    throw error;
  }
}
