import type { ElementType } from '@gradloom/core';
import { decimal } from '../peers/report.ts';
import { geometricMean, type Results, type Row } from '../peers/results.ts';
import { OURS } from './programs.ts';
import type { AnswerTime, InferenceResults } from './results.ts';

/** Answers that are averaged: those of one type on as many threads. */
interface Group {
  readonly title: string;
  readonly times: readonly AnswerTime[];
}

const TYPES: readonly ElementType[] = ['float32', 'float64'];

function groupsOf(times: readonly AnswerTime[]): Group[] {
  const threadCounts = [...new Set(times.map(({ threads }) => threads))].sort((a, b) => a - b);
  return TYPES.flatMap((type) =>
    threadCounts.map((threads) => ({
      title: `${type}, ${threads === 1 ? 'one thread' : threads === 2 ? 'two threads' : `${threads} threads`}`,
      times: times.filter((time) => time.type === type && time.threads === threads),
    })),
  ).filter(({ times }) => times.length > 0);
}

/** All programs but ours that have a time, in the order of the record. */
const rivalsOf = ({ programs, times }: Pick<InferenceResults, 'programs' | 'times'>): string[] =>
  Object.keys(programs).filter((name) => name !== OURS && times.some(({ us }) => us[name] !== undefined));

/** Its time divided by ours; null if either is missing. */
const ratioOf = ({ us }: AnswerTime, rival: string): number | null =>
  us[rival] === undefined || us[OURS] === undefined ? null : us[rival] / us[OURS];

/** Geometric mean and least of its ratios; '' if it has none. */
function meanCell({ times }: Group, rival: string): string {
  const ratios = times.map((time) => ratioOf(time, rival)).filter((ratio) => ratio !== null);
  return ratios.length === 0 ? '' : `**${decimal(geometricMean(ratios))} x** (${decimal(Math.min(...ratios))})`;
}

const markdownRow = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const markdownHead = (cells: readonly string[]): string[] => [markdownRow(cells), `|${'---|'.repeat(cells.length)}`];

/** Rows for console.table: the geometric mean and the least of each program. */
export const meanRows = (results: Pick<InferenceResults, 'programs' | 'times'>): Row[] =>
  groupsOf(results.times).map((group) => ({
    'time divided by ours': group.title,
    ...Object.fromEntries(rivalsOf(results).map((rival) => [rival, meanCell(group, rival).replaceAll('**', '')])),
  }));

const machineText = ({ cpu, cores }: Results['machine'], { node }: InferenceResults): string =>
  `${cores} cores of ${cpu}, Node ${node}`;

/** Markdown: how many times as long as ours the answers of the others take, a line for each type and threads. */
export function inferenceMeans(machine: Results['machine'], results: InferenceResults): string[] {
  const rivals = rivalsOf(results);
  return [
    `Geometric means over the networks and batches that both answer, in brackets the least, on ${machineText(machine, results)}:`,
    '',
    ...markdownHead(["an answer takes times Gradloom's", ...rivals]),
    ...groupsOf(results.times).map((group) =>
      markdownRow([group.title, ...rivals.map((rival) => meanCell(group, rival))]),
    ),
  ];
}

/** Markdown: a table for each type and threads, with our times, and the others' times as multiples of ours. */
export function inferenceTables(machine: Results['machine'], results: InferenceResults): string[] {
  const { rounds, warmMs, programs } = results;
  return [
    `Machine: ${machineText(machine, results)}. Each figure is the median of ${rounds} rounds, in which the programs take turns after ${warmMs} ms of warming up. Gradloom's column gives microseconds of a row, or of a token that is written; the others say how many times as long it takes.`,
    '',
    `${Object.entries(programs)
      .flatMap(([name, about]) => (name === OURS ? [] : [about]))
      .join('; ')}.`,
    ...groupsOf(results.times).flatMap((group) => {
      const rivals = rivalsOf({ programs, times: group.times });
      return [
        '',
        `### Answers in ${group.title}`,
        '',
        ...markdownHead(['µs a row', OURS, ...rivals]),
        ...group.times.map((time) =>
          markdownRow([
            `${time.network}${time.unit === 'token' ? ', µs a token' : ''}, batch ${time.batch}`,
            time.us[OURS] === undefined ? '' : decimal(time.us[OURS]),
            ...rivals.map((rival) => {
              const ratio = ratioOf(time, rival);
              return ratio === null ? '' : `${decimal(ratio)} x`;
            }),
          ]),
        ),
        markdownRow(['geometric mean (least)', '', ...rivals.map((rival) => meanCell(group, rival))]),
      ];
    }),
  ];
}
