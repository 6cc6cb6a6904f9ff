import { type EpochEvent, type ProbeEvent, summarizeTable, type TrainEvent, type TrainResult } from '@gradloom/runtime';
import { withPrecisions } from '../../lab/figures/target-figures.ts';
import type { DecisionRegions } from '../../report/findings/findings.ts';
import { type Io, printJsonText, printLine } from '../../terminal/io.ts';
import { layerNames } from '../../terminal/text/layer-names.ts';
import type { Assessment } from './assessment/assess.ts';
import type { LinearModel } from './assessment/linear-model.ts';
import { decisionsOf } from './describe-table.ts';
import type { Recipe } from './recipe.ts';
import type { Reporter, RunStart } from './reporter.ts';
import { configOf } from './run-record.ts';

/** The first line of --json. */
function startLine({ recipe, event, out }: RunStart): string {
  const { train, validation, test } = recipe.sets;
  const decisions = decisionsOf(recipe);
  return JSON.stringify({
    event: 'start',
    dataset: train.name,
    ...(recipe.table === undefined ? {} : { columns: summarizeTable(recipe.table.table, recipe.table.preprocessing) }),
    ...(decisions.length === 0 ? {} : { decisions }),
    trainRows: train.rows,
    validationRows: validation?.rows ?? 0,
    testRows: test?.rows ?? 0,
    parameters: event.parameters,
    totalSteps: event.totalSteps,
    stepsPerEpoch: event.stepsPerEpoch,
    step: event.step,
    batch: event.batch,
    leaves: event.leaves,
    plannedBytes: event.plannedBytes,
    threads: event.tunesThreads ? 'auto' : event.threads,
    ...(event.cluster === undefined ? {} : { cluster: event.cluster }),
    backend: event.backend,
    precision: event.precision,
    options: configOf(recipe.values),
    network: recipe.spec,
    out,
  });
}

/** A line of --json, metrics.jsonl or steps.jsonl. */
export function eventLine(event: TrainEvent): string {
  const { type, ...figures } = event;
  const eventFigures =
    event.type === 'epoch' ? epochFigures(event) : event.type === 'probe' ? probeFigures(event) : figures;
  return JSON.stringify({ event: type, ...eventFigures });
}

/** A figure that is not finite or does not apply is null. */
const epochFigures = ({ type: _, validation, test, ...figures }: EpochEvent) => ({
  ...figures,
  validationLoss: validation?.loss ?? null,
  validationAccuracy: validation?.accuracy ?? null,
  ...(validation?.perplexity === undefined ? {} : { validationPerplexity: validation.perplexity }),
  ...(test === undefined ? {} : { testLoss: test.loss, testAccuracy: test.accuracy ?? null }),
  validationRmse: validation?.rmse ?? null,
  validationR2: validation?.r2 ?? null,
  ...(validation?.metrics === undefined ? {} : { validationMetrics: validation.metrics }),
  ...(validation?.heads === undefined ? {} : { validationTargets: validation.heads }),
  ...(test?.heads === undefined ? {} : { testTargets: test.heads }),
});

/** Figures of each layer before step `step`, from 0. A layer has its name in tables, and its path in the spec. */
function probeFigures({ type: _, parameters: _weights, layers, ...figures }: ProbeEvent) {
  const names = layerNames(layers);
  return { ...figures, layers: layers.map((layer, k) => ({ name: names[k], ...layer })) };
}

/** A line of divisions.jsonl: how the network divides the plane before a step. */
export const divisionLine = (regions: DecisionRegions): string => JSON.stringify({ event: 'division', ...regions });

/** The linear model that the network is compared with. */
const linearLine = ({ evaluation, steps, fingerprint }: LinearModel): string =>
  JSON.stringify({ event: 'linear', steps, ...evaluation, fingerprint });

/** The last line of --json. */
export function doneLine(
  { values }: Recipe,
  result: TrainResult,
  { baseline, linear, nGrams, targets, remarks }: Assessment,
): string {
  return JSON.stringify({
    event: 'done',
    stopped: result.stopped,
    steps: result.steps,
    epochs: result.epochs,
    bestStep: result.bestStep ?? null,
    bestEpoch: result.bestEpoch ?? null,
    trainLoss: result.trainLoss,
    testLoss: result.test?.loss ?? null,
    testAccuracy: result.test?.accuracy ?? null,
    ...(result.test?.perplexity === undefined ? {} : { testPerplexity: result.test.perplexity }),
    testLookedAt: values['evaluate-test'] ?? false,
    testRmse: result.test?.rmse ?? null,
    testR2: result.test?.r2 ?? null,
    ...(result.test?.metrics === undefined ? {} : { testMetrics: result.test.metrics }),
    ...(result.test?.heads === undefined ? {} : { testTargets: withPrecisions(result.test.heads, targets) }),
    ...(nGrams === null ? {} : { unigramLoss: nGrams.unigram, bigramLoss: nGrams.bigram }),
    // NaN, where the figure does not apply, is null.
    baselineAccuracy: baseline?.accuracy ?? null,
    baselineRmse: baseline?.rmse ?? null,
    linearAccuracy: linear?.evaluation.accuracy ?? null,
    linearRmse: linear?.evaluation.rmse ?? null,
    ...(targets.length === 0 ? {} : { baselineTargets: baselinesOf(targets) }),
    ...(linear?.evaluation.heads === undefined ? {} : { linearTargets: linear.evaluation.heads }),
    remarks,
    fingerprint: result.fingerprint,
    threads: result.threads,
    ...(result.cluster === undefined ? {} : { cluster: result.cluster }),
    leaves: result.leaves,
    gradientThreads: result.gradientThreads,
    backend: result.backend.name,
    ...(result.fused ? {} : { unfused: true }),
    precision: result.precision,
    elapsedMs: result.elapsedMs,
    samplesPerSecond: result.samplesPerSecond,
    seed: result.seed,
  });
}

/** The accuracy or RMSE of a constant answer to each of several targets. */
const baselinesOf = (targets: Assessment['targets']) =>
  Object.fromEntries(targets.map(({ name, baseline }) => [name, baseline]));

/** Prints one JSON object a line on stdout; with `quiet` only the last. */
export function jsonReporter({ stdout, stderr }: Io, quiet: boolean): Reporter {
  const print = quiet ? () => {} : (line: string) => printJsonText(stdout, line);
  return {
    start: (run) => print(startLine(run)),
    warning: (message) => print(JSON.stringify({ event: 'warning', message })),
    print: (text) => printLine(stderr, text),
    event(event) {
      // Events of progress and steps are too many to print; steps.jsonl has the steps.
      if (event.type !== 'progress' && event.type !== 'steps') print(eventLine(event));
    },
    stop() {},
    done({ recipe, assessment }, result) {
      if (assessment.linear !== null) print(linearLine(assessment.linear));
      printJsonText(stdout, doneLine(recipe, result, assessment));
    },
  };
}
