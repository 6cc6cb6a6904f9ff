import { spawn } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageOf } from '../../../../packages/cli/src/report/page-of.ts';
import { closeBrowser, lookAt, openBrowser } from '../../../support/browser.ts';
import { gradloom } from '../../../support/command-line.ts';
import { counted, onlyInAll } from '../../../support/count.ts';
import { HARM, kindsOf, parseUnsealed, valueAt, withValue } from '../../../support/damaged-file.ts';
import { programFile } from '../../../support/program-file.ts';
import { propertySeed } from '../../../support/seed.ts';
import { makeSmallRuns } from '../../../support/small-runs.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** Damaged files in all; more than a thousand are of more kinds. */
const DAMAGES = counted(40, 1000);
const LONG = DAMAGES > 1000;
/** A report of these small runs takes a tenth of a second. */
const HANGS_MS = 60_000;

const { path: folder } = temporaryFolder();
const runs = join(folder, 'runs');
const report = (run: string, ...more: string[]) => gradloom(['report', run, ...more]);

afterAll(closeBrowser);
beforeAll(() => makeSmallRuns(folder, LONG), LONG ? 900_000 : 300_000);

test(
  'a damaged file gives a harmless page, or one sentence that names it',
  async () => {
    const script = programFile('report-damaged');
    const args = ['--max-old-space-size=1024', script, runs, String(DAMAGES), String(propertySeed)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const outcomes: Record<string, number> = { page: 0, sentence: 0 };
    const wrong: string[] = [];
    let file = 'none';
    let watch = setTimeout(() => child.kill('SIGKILL'), HANGS_MS);
    for await (const line of createInterface(child.stdout)) {
      watch = watch.refresh();
      const { begins, outcome } = JSON.parse(line);
      if (begins !== undefined) file = begins;
      else if (outcome in outcomes) outcomes[outcome]++;
      else wrong.push(`${file}: ${outcome}`);
    }
    clearTimeout(watch);
    expect({ wrong, after: outcomes.page + outcomes.sentence === DAMAGES ? '' : file }).toEqual({
      wrong: [],
      after: '',
    });
    // Both happen, or the damage is none, or nothing stands it.
    expect(Math.min(outcomes.page, outcomes.sentence)).toBeGreaterThan(DAMAGES / 10);
    if (LONG) console.log(outcomes);
  },
  LONG ? 7_200_000 : 300_000,
);

const strange: Readonly<Record<string, (path: string) => void>> = {
  'is a directory': (path) => mkdirSync(path),
  'is a device without an end': (path) => symlinkSync('/dev/zero', path),
  'has 5 GB of zeros': (path) => {
    writeFileSync(path, '');
    truncateSync(path, 5e9);
  },
};

test.each(Object.keys(strange))(
  'a file of a run that %s is refused by its name, before it takes memory',
  async (kind) => {
    for (const run of ['moons', 'xor', 'scale']) {
      const copy = join(folder, kind, run);
      cpSync(join(runs, run), copy, { recursive: true });
      for (const name of readdirSync(copy).filter((name) => /\.jsonl?$/.test(name))) {
        const path = join(copy, name);
        rmSync(path);
        strange[kind](path);
        const before = process.memoryUsage().rss;
        const { code, stderr } = await report(copy);
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringMatching(/^gradloom report: [^\n]*, expected [^\n]*\n$/),
        });
        expect(stderr).toContain(path);
        expect(process.memoryUsage().rss - before).toBeLessThan(2e8);
        rmSync(path, { recursive: true });
        cpSync(join(runs, run, name), path);
      }
    }
  },
);

describe('a forged picture', () => {
  const forged = (change: (findings: { answers: { mistakenImages: Record<string, unknown> } }) => void) => {
    const path = join(folder, 'forged', 'digits');
    cpSync(join(runs, 'digits'), path, { recursive: true });
    const file = join(path, 'findings.json');
    const findings = parseUnsealed(readFileSync(file, 'utf8')) as Parameters<typeof change>[0];
    change(findings);
    writeFileSync(file, JSON.stringify(findings));
    return path;
  };

  test.each([
    ['a script', 'width', '4" height="4"/><script>alert(1)</script>', 'has "4\\" height='],
    ['a large number', 'width', 40_000, 'has 40000, expected a whole number from 1 to 128'],
    ['another number of images', 'images', 99, 'has 99, expected '],
    ['other letters', 'png', 'iVBOR"/>', 'has 8 characters, expected bytes in base64'],
  ])('with %s is refused', async (_, key, value, sentence) => {
    const path = forged(({ answers: { mistakenImages } }) => {
      mistakenImages[key] = value;
    });
    const { code, stderr } = await report(path);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining(`${join(path, 'findings.json')} at answers.mistakenImages.${key} ${sentence}`),
    });
  });

  test('of looks into another network is refused', async () => {
    const path = forged(() => {});
    const lines = readFileSync(join(path, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
    const look = parseUnsealed(lines.findLast((line) => line.includes('"probe"')) ?? '') as { layers: unknown[] };
    writeFileSync(
      join(path, 'metrics.jsonl'),
      `${[...lines, JSON.stringify({ ...look, layers: look.layers.slice(1) })].join('\n')}\n`,
    );
    const { code, stderr } = await report(path);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/metrics\.jsonl has a look of step \d+ at 2 layers, expected 3, as at step 0\n$/),
    });
  });
});

// The quick run looks at the smallest.
test.for(['digits', ...onlyInAll('moons', 'vanishing')])(
  'text in the files of %s is shown by Chromium, in page and pictures, and neither runs nor loads',
  { timeout: 120_000 },
  async (name, context) => {
    const browser = await openBrowser(context);
    const run = join(folder, 'harm', name);
    cpSync(join(runs, name), run, { recursive: true });
    let shown = 0;
    for (const file of readdirSync(run).filter((file) => /\.jsonl?$/.test(file))) shown += harm(run, file);
    expect(shown).toBeGreaterThan(4);
    expect(await report(run)).toMatchObject({ code: 0 });
    for (const file of readdirSync(run).filter((file) => /\.(?:html|svg)$/.test(file))) {
      const { page, messages, requests } = await lookAt(browser, join(run, file), { width: 800, scheme: 'light' });
      const seen = await page.evaluate(() => ({
        active: document.querySelectorAll(
          'script, image:not([href^="data:image/png;base64,"]), img, :is(a, use):not([href^="#"]), iframe, foreignObject, [onload]',
        ).length,
        title: document.title,
      }));
      expect(seen.active, file).toBe(0);
      expect(seen.title, file).not.toBe('ran');
      expect({ file, messages, requests }).toEqual({ file, messages: [], requests: [] });
      if (file === 'report.html') expect(await page.textContent('body')).toContain(HARM);
      await page.close();
    }
  },
);

/**
 * Puts harm in the place of all texts of a file that a report takes it for. Returns how many kinds of text there were.
 */
function harm(run: string, name: string): number {
  const path = join(run, name);
  const whole = readFileSync(path, 'utf8');
  const [first, ...others] = name.endsWith('.jsonl') ? whole.trimEnd().split('\n') : [whole];
  let root = parseUnsealed(first);
  let taken = 0;
  for (const [, paths] of kindsOf(root)) {
    if (typeof valueAt(root, paths[0]) !== 'string') continue;
    const harmed = paths.reduce((value, place) => withValue(value, place, HARM), root);
    writeFileSync(path, [JSON.stringify(harmed), ...others, ''].join('\n'));
    if (!isRead(run)) continue;
    root = harmed;
    taken++;
  }
  writeFileSync(path, [JSON.stringify(root), ...others, ''].join('\n'));
  return taken;
}

/** Whether a report takes the files of a run: without drawing it, which takes ten times as long. */
function isRead(run: string): boolean {
  try {
    pageOf([run]);
    return true;
  } catch {
    return false;
  }
}
