import { classesOfProbabilities } from '@gradloom/core/internal';
import type { ClusterFacts } from '@gradloom/runtime';
import { backendRecord } from '@gradloom/runtime/internal';
import { describeLoss } from '../../options/loss.ts';
import { describeMember, formatValue, type Member } from '../../options/member.ts';
import { backendName } from '../../terminal/text/backend-name.ts';
import { plural, whole } from '../../terminal/text/format.ts';
import { describeNetwork, describeParameters, isChain } from './describe-network.ts';
import type { TrainValues } from './options.ts';
import type { RunStart } from './reporter.ts';

/** The lines printed before a run: data, network, training, machine. */
export function describeRun({ recipe, event }: Pick<RunStart, 'recipe' | 'event'>): string[] {
  const { sets, spec, values } = recipe;
  const { train, validation, test } = sets;
  const rows = [`${whole(train.rows)} training`];
  if (validation !== undefined) rows.push(`${whole(validation.rows)} validation`);
  if (test !== undefined && test !== train) rows.push(`${whole(test.rows)} test`);
  const testNote = test === train ? ', also for the test' : '';
  const { heads = [{ columns: train.targets.columns, classes: train.classes }] } = train;
  const areLabels = heads.length > 1 && heads.every(({ classes }) => classes === 2);
  const targets = areLabels
    ? [plural(heads.length, 'label')]
    : heads.map(({ columns, classes }) => {
        if (classes !== null) return classCount(classes);
        return classesOfProbabilities(train.preprocessing?.target) !== undefined
          ? `probabilities of ${classCount(columns)}`
          : plural(columns, 'value');
      });
  const targetText = [targets.slice(0, -1).join(', '), ...targets.slice(-1)]
    .filter((text) => text !== '')
    .join(' and ');
  const totalEpochs = event.totalSteps / event.stepsPerEpoch;
  const length = Number.isInteger(totalEpochs) ? plural(totalEpochs, 'epoch') : plural(event.totalSteps, 'step');
  const schedule = values.schedule?.kind === 'constant' ? '' : ` ${nameOf(values.schedule)}`;
  const upTo = event.tunesThreads && event.threads > 1 ? 'up to ' : '';
  const network = describeNetwork(spec);
  const networkFacts = `${describeParameters(spec)}, loss ${values.loss === undefined ? '' : describeLoss(values.loss)}${describeWeights(recipe)}`;
  return [
    `${train.name}: ${rows.join(' + ')} ${train.rows === 1 && rows.length === 1 ? 'row' : 'rows'}${testNote}, ${targetText}`,
    ...(isChain(network) ? [network, networkFacts] : [`${network}: ${networkFacts}`]),
    `${nameOf(values.optimizer)}${schedule}, batch ${whole(event.batch)}${accumulateText(values)} in ${plural(event.leaves, 'leaf')}, ${lengthText(length, values)}${emaText(values)}`,
    `${backendName(backendRecord(event.backend))} on ${upTo}${plural(event.threads, 'thread')}, ${event.precision}, seed ${values.seed}`,
    ...(event.cluster === undefined ? [] : [describeCluster(event.cluster)]),
    ...(event.step === 0 ? [] : [`resumed after ${plural(event.step, 'step')} of ${whole(event.totalSteps)}`]),
  ];
}

/** 'a row has 28 x 28 x 1 numbers', or 'a row has 4 columns, which become 36 numbers'. */
export function describeInputs({ sets, table }: RunStart['recipe']): string {
  const { shape = [], columns } = sets.train.inputs;
  const numbers = shape.length > 1 ? `${shape.join(' x ')} numbers` : plural(columns, 'number');
  const tableColumns = table?.table.inputs.length;
  return `a row has ${tableColumns === undefined ? '' : `${plural(tableColumns, 'column')}, which become `}${numbers}`;
}

/** '4 ranks by Open MPI 5.0.7, on 2 machines: 8 threads'. */
export function describeCluster({ library, hosts, threads }: ClusterFacts): string {
  const threadCount = threads.reduce((sum, count) => sum + count, 0);
  const machines = plural(new Set(hosts).size, 'machine');
  return `${plural(threads.length, 'rank')} by ${library}, on ${machines}: ${plural(threadCount, 'thread')}`;
}

/** ', moving average 0.999', for a run that keeps an average of its weights. */
const emaText = ({ ema }: TrainValues): string => (ema === undefined ? '' : `, moving average ${ema}`);

/** 'at most 60 epochs, until 10 evaluations bring no gain', for a run that may stop early. */
const lengthText = (length: string, { patience }: TrainValues): string =>
  typeof patience === 'number' ? `at most ${length}, until ${plural(patience, 'evaluation')} bring no gain` : length;

/** ' (4 x 32)', for a step of several batches. */
const accumulateText = ({ accumulate = 1, batch }: TrainValues): string =>
  accumulate === 1 ? '' : ` (${whole(accumulate)} x ${batch})`;

/** Weights of rows and classes in the training loss, if they differ. */
function describeWeights({ sets, values }: RunStart['recipe']): string {
  const classWeight = values['class-weight'];
  const classes = classWeight === undefined ? '' : `, class weights ${formatValue(classWeight)}`;
  return `${classes}${sets.train.weights === undefined ? '' : ', rows by their weights'}`;
}

const classCount = (count: number): string => `${whole(count)} ${count === 1 ? 'class' : 'classes'}`;

const nameOf = (member: Member | undefined): string => (member === undefined ? '' : describeMember(member));
