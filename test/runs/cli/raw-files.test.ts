import { loadModel } from '@gradloom/runtime';
import { describe, expect, test } from 'vitest';
import { gradloom, jsonLines } from '../../support/command-line.ts';
import {
  customers,
  germanPrices,
  latin1,
  pictures,
  type RawFile,
  sensorLog,
  spreadsheet,
} from '../../support/raw-files.ts';
import { ask, startServer } from '../../support/serving.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const machine = ['--backend', 'wasm', '--threads', '1'];
const quick = [...machine, '--steps', '600'];

/** What must be found in each file, beside a model that is better than a constant answer. */
const files: [file: RawFile, finding: RegExp[], isLearned: (figures: Record<string, unknown>) => boolean][] = [
  [
    germanPrices(),
    [
      /^Preise.csv: fields separated by semicolons, line 1 is left out as a title: "Preisliste, Mai" /,
      /^10 of 400 rows: the rows have no "Preis", the target, and are left out: the first is line 42$/,
      /^the target "Preis" is read as values: numbers like 1.234,5 €/,
    ],
    ({ r2 }) => Number(r2) > 0.9,
  ],
  [
    customers(4000),
    [
      /^column "note" is read as text: 4,000 different cells /,
      /^column "customer" is left out: the numbers of the rows/,
    ],
    ({ accuracy }) => Number(accuracy) > 0.95,
  ],
  [
    sensorLog(800),
    [/^rows are in the order of "time", but are held out at random \(--split time:time holds out/],
    ({ r2 }) => Number(r2) > 0.3,
  ],
  [spreadsheet(), [/^export.txt: text in UTF-16, fields separated by tabs/], ({ r2 }) => Number(r2) > 0.9],
  [latin1(), [/^Antraege.csv: text in Windows-1252 /], ({ accuracy }) => Number(accuracy) > 0.8],
];

describe('a raw file becomes a served model in three commands', () => {
  test.each(files.map((rawFile) => [rawFile[0].name, ...rawFile] as const))(
    '%s',
    async (name, file, findings, isLearned) => {
      const path = folder.write(name, file.bytes);
      const out = `${folder.path}/run-${name}`;
      const trained = await gradloom([
        'train',
        '--dataset',
        path,
        '--target',
        file.target,
        '--out',
        out,
        '--json',
        ...quick,
      ]);
      expect(trained.code).toBe(0);
      const lines = jsonLines(trained.stdout);
      const start = lines.find(({ decisions }) => decisions !== undefined) ?? {};
      for (const finding of findings) expect(start.decisions).toContainEqual(expect.stringMatching(finding));
      const [figures] = jsonLines((await gradloom(['evaluate', out, '--json'])).stdout);
      expect([figures, isLearned(figures)]).toEqual([figures, true]);
      // The same file again, by the model that knows how it is written.
      const { code, stdout } = await gradloom(['predict', out, path, '--json']);
      expect(code).toBe(0);
      const answers = jsonLines(stdout);
      expect((await gradloom(['evaluate', out, '--dataset', path])).code).toBe(0);
      const { url } = await startServer([], { contents: loadModel(`${out}/model.gradloom`) });
      expect(JSON.parse((await ask(`${url}/predict`, file.first)).body)).toEqual(answers[0]);
    },
  );

  test('a folder of pictures', async () => {
    for (const { path: picturePath, bytes } of pictures()) folder.write(`pictures/${picturePath}`, bytes);
    const path = `${folder.path}/pictures`;
    const out = `${folder.path}/run-pictures`;
    const { code, stdout, stderr } = await gradloom(['train', '--dataset', path, '--out', out, '--json', ...quick]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      'images of 9 x 8 to 11 x 14 pixels are resized to 10 x 11 (width x height), their median (',
    );
    const answers = jsonLines((await gradloom(['predict', out, path, '--json'])).stdout);
    expect(answers.filter(({ file, prediction }) => String(file).includes(`/${prediction}/`)).length).toBeGreaterThan(
      35,
    );
    const [{ bytes }] = pictures();
    const { url } = await startServer([], { contents: loadModel(`${out}/model.gradloom`) });
    const served = await ask(`${url}/predict`, bytes, { headers: { 'content-type': 'image/png' } });
    const form = await ask(`${url}/predict`, bytes, { headers: { 'content-type': 'multipart/form-data; boundary=x' } });
    expect(JSON.parse(form.body).error).toMatch(
      /; for an image, --data-binary @image.png -H 'content-type: image.png'\)$/,
    );
    const { file: _, ...answer } = answers.find(({ file }) => String(file).endsWith('day/0.png')) ?? {};
    expect(JSON.parse(served.body)).toEqual(answer);
  });
});
