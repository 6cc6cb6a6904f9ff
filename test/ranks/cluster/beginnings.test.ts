import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { jsonLines } from '../../support/command-line.ts';
import { counted } from '../../support/count.ts';
import { type MpirunName, mpirunNames, startRanks } from '../../support/mpirun.ts';
import { needs } from '../../support/needs.ts';
import { programFile } from '../../support/program-file.ts';
import { endOf } from '../../support/start-program.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const rows = folder.write(
  'rows.csv',
  `a,b\n${Array.from({ length: 60 }, (_, k) => `${(k * k) % 7},${k % 2}\n`).join('')}`,
);
const network = ['--hidden', '8', '--epochs', '2', '--no-out', '--cluster', 'mpi'];
const train = ['train', '--dataset', 'moons:rows=60', ...network];
const ofFile = ['train', '--dataset', rows, ...network];
const host = '\\([^)]+\\)';
const alike = ': expected the same on all ranks';

/**
 * What rank 0 is started with, what rank 1 is, and the only sentence that is printed, after the name of the command.
 */
type Case = readonly [title: string, first: readonly string[], other: readonly string[], sentence: string];

const differ = (flag: string, first: string, other: string): string =>
  `${flag} has ${first} on rank 0 ${host}, ${other} on rank 1 ${host}${alike}`;
const onBoth = (title: string, args: readonly string[], sentence: string): Case => [title, args, args, sentence];

const cases: readonly Case[] = [
  ['an option on one alone', train, [...train, '--learning-rate', '1'], differ('--learning-rate', 'nothing', '1')],
  ['the value none on one alone', train, [...train, '--patience', 'none'], differ('--patience', 'nothing', 'none')],
  ['other values', [...train, '--seed', '1'], [...train, '--seed', '2'], differ('--seed', '1', '2')],
  [
    'output of another than rank 0',
    train,
    [...train, '--json'],
    `--json has nothing on rank 0 ${host}, which alone prints and writes, given on rank 1 ${host}${alike}`,
  ],
  ['a flag that is unknown', train, [...train, '--sed', '1'], `rank 1 of 2 ${host}: --sed is unknown, .* --seed\\?\\)`],
  ['a word too many', train, [...train, 'xor'], `rank 1 of 2 ${host}: the word "xor" belongs to no flag, .*`],
  ['no threads', train, [...train, '--threads', '0'], `rank 1 of 2 ${host}: --threads has 0, .*`],
  onBoth('an empty batch', [...train, '--batch', '0'], '--batch has 0, .*'),
  onBoth('folds', [...train, '--folds', '3'], '--folds has 3 beside --cluster, .*'),
  onBoth('no time', [...train, '--exchange-timeout', '0'], '--exchange-timeout has 0, .*'),
  onBoth('less than no time', [...train, '--exchange-timeout=-1'], '--exchange-timeout has -1, .*'),
  onBoth('a time in words', [...train, '--exchange-timeout', 'abc'], '--exchange-timeout has "abc", .*'),
  ...['search', 'lr-find', 'predict', 'serve', 'evaluate'].map((command) =>
    onBoth(`${command}, which takes none,`, [command, '--cluster', 'mpi'], '--cluster is unknown, .*'),
  ),
];

/** The other cases are variants of these; each MPI has some of its own, since it starts for each. */
const quick = {
  'Open MPI': ['an option on one alone', 'has other values'],
  MPICH: ['output of another than rank 0', 'a flag that is unknown', 'an empty batch', 'is missing'],
} satisfies Record<MpirunName, string[]>;
const ofMpi = <T extends readonly [title: string, ...unknown[]]>(name: MpirunName, all: readonly T[]): T[] =>
  all.filter(([title]) => counted(0, 1) === 1 || (quick[name] as string[]).includes(title));

/** Two ranks with a command line each. A shell picks it: mpirun of Open MPI 5.0.7 crashes where it is told two. */
function startTwo(name: MpirunName, first: readonly string[], other: readonly string[], before = '') {
  const script = `rank="$OMPI_COMM_WORLD_RANK$PMI_RANK"; ${before}
    if [ "$rank" = 0 ]; then exec "\${@:2:$1}"; else exec "\${@:2+$1}"; fi`;
  const [one, two] = [first, other].map((args) => [process.execPath, programFile('program'), ...args]);
  return endOf(startRanks(name, 2, ['bash', '-c', script, 'bash', String(one.length), ...one, ...two], folder.path));
}

const said = (stderr: string): string[] => stderr.split('\n').filter((line) => line.startsWith('gradloom'));

describe.each(mpirunNames)('ranks of %s', (name) => {
  const here = needs(name, 'bash', 'koffi');

  test.each(ofMpi(name, cases))(
    'with %s are refused, once and with exit code 2',
    here,
    async (_, first, other, sentence) => {
      const { code, stdout, stderr } = await startTwo(name, first, other);
      expect(said(stderr)).toEqual([expect.stringMatching(new RegExp(`^gradloom ${first[0]}: ${sentence}$`))]);
      expect({ code, isSilent: !stdout.includes('loss') }).toEqual({ code: 2, isSilent: true });
    },
  );

  test('have threads of their own, and leave output to rank 0', here, async () => {
    const { code, stdout } = await startTwo(name, [...train, '--json', '--threads', '2'], [...train, '--threads', '1']);
    expect(code).toBe(0);
    expect(jsonLines(stdout)[0]).toMatchObject({ event: 'start', cluster: { threads: [2, 1] } });
  });

  const changes: readonly (readonly [title: string, change: string, sentence: string])[] = [
    ['is missing', 'rm -f rows.csv', `rank 1 of 2 ${host}: .*rows\\.csv.*`],
    ['is a folder', 'rm -f rows.csv; mkdir rows.csv', `rank 1 of 2 ${host}: .*rows\\.csv.*`],
    [
      'has another row',
      'echo 60,0 >> rows.csv',
      `the SHA-256 of the train rows of rows\\.csv has .* on rank 0 ${host}, .* on rank 1 ${host}.*`,
    ],
    [
      'has other values',
      'sed -i s/^4,0/4.5,0/ rows.csv',
      `the SHA-256 of the train rows of rows\\.csv has .* on rank 0 ${host}, .* on rank 1 ${host}.*`,
    ],
  ];
  test.each(ofMpi(name, changes))(
    'whose data %s on one are refused by its name',
    here,
    async (title, change, sentence) => {
      const caseFolder = join(folder.path, title.replaceAll(' ', '-'));
      const there = ofFile.map((word) => (word === rows ? 'rows.csv' : word));
      const before = `mkdir -p ${caseFolder}-${name[0]}-$rank; cd ${caseFolder}-${name[0]}-$rank; cp ${rows} .; [ $rank = 0 ] || { ${change}; }`;
      const { code, stdout, stderr } = await startTwo(name, there, there, before);
      expect(said(stderr)).toEqual([expect.stringMatching(new RegExp(`^gradloom train: ${sentence}$`))]);
      expect({ code: code === 1 || code === 2, isSilent: !stdout.includes('loss') }).toEqual({
        code: true,
        isSilent: true,
      });
    },
  );

  const noLibrary = (path: string): RegExp =>
    new RegExp(`^gradloom train: GRADLOOM_MPI has "${path}", expected an MPI library .*$`);

  test('without a library of MPI say so once, also where one alone has none', here, async () => {
    const say = async (before: string): Promise<void> => {
      const { code, stderr } = await startTwo(name, train, train, before);
      expect(said(stderr), before).toEqual([expect.stringMatching(noLibrary('/nowhere'))]);
      expect(code, before).toBe(1);
    };
    await Promise.all(['', '[ $rank = 0 ] || '].map((ranks) => say(`${ranks}export GRADLOOM_MPI=/nowhere`)));
  });

  test('end together where rank 0 cannot write the run', here, async () => {
    const path = join(folder.path, 'file');
    writeFileSync(path, '');
    const args = [...train.filter((word) => word !== '--no-out'), '--out', join(path, 'run')];
    const { code, stderr } = await startTwo(name, args, args);
    expect(said(stderr)).toEqual([
      expect.stringMatching(/^gradloom train: --out has .*run, expected a new or empty directory .*$/),
    ]);
    expect(code).toBe(2);
  });
});
