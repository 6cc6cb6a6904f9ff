import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seal } from '../../../../packages/cli/src/files/run-files/seal.ts';
import type { StepFigures } from '../../../../packages/cli/src/report/train/run-lines.ts';
import { version } from '../../../../packages/cli/src/terminal/invocation.ts';
import { decimal } from '../../../../packages/cli/src/terminal/text/format.ts';
import { closeBrowser, lookAt, openBrowser } from '../../../support/browser.ts';
import { gradloom, jsonLines } from '../../../support/command-line.ts';
import { counted, onlyInAll } from '../../../support/count.ts';
import { encodeIdx } from '../../../support/encode-idx.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const { path: folder, write } = temporaryFolder();
/** A directory's name is the dataset's: text that a page must show and not obey. */
const EVIL = '<script>document.title=1<\u2044script><img src=x onerror=document.title=2>&"\'';

const runs = {
  digits: [
    ['train', '--dataset', join(folder, EVIL), '--validation', '0.2', '--batch', '32', '--epochs', '6', '--probe', '4'],
  ],
  spirals: [['train', '--dataset', 'spirals:rows=120,classes=3', '--epochs', '4']],
  xor: [['train', '--dataset', 'xor', '--epochs', '40']],
  sine: [['train', '--dataset', 'sine:rows=60', '--epochs', '3', '--profile']],
  scale: [['scale', '--dataset', 'xor', '--steps', '9', '--rounds', '2', '--max-threads', '3']],
  chapter: [['experiment', 'all', '--only', 'xor,neuron,perceptron']],
  vanishing: [
    [
      'experiment',
      'vanishing',
      '--dataset',
      'moons',
      '--depth',
      '3',
      '--width',
      '4',
      '--steps',
      '3',
      '--activation',
      'sigmoid,batch-norm+relu',
    ],
  ],
  numbers: [
    ['experiment', 'remedies', '--dataset', 'blobs', '--depth', '2', '--width', '3', '--steps', '4'],
    ['experiment', 'next-token', '--steps', '20', '--hidden', '8'],
    ['experiment', 'cost', '--depth', '1,3', '--width', '5,8', '--batch', '4', '--rounds', '3'],
    ['experiment', 'xor', '--seeds', '7..8'],
    ['experiment', 'vanishing', '--preset', 'nielsen', '--seeds', '1..1'],
  ],
} as const;

const pictures: Record<keyof typeof runs, string[]> = {
  digits: [
    ...['loss', 'accuracy', 'learning-rate', 'gradient-norm', 'first-images', 'confusion', 'roc', 'precision-recall'],
    ...['calibration', 'mistakes'],
    ...['first-filters', 'gradient-flow', 'weights', 'outputs'],
  ],
  spirals: [
    'loss',
    'learning-rate',
    'gradient-norm',
    'boundary',
    'confusion',
    'roc',
    'precision-recall',
    'calibration',
    'weights',
    'outputs',
  ],
  xor: ['loss', 'learning-rate', 'gradient-norm', 'boundary', 'weights', 'outputs'],
  sine: [
    ...['loss', 'learning-rate', 'gradient-norm', 'fitted-curve', 'predicted-against-actual', 'residuals'],
    ...['weights', 'outputs', 'time'],
  ],
  scale: ['speedup', 'time'],
  chapter: ['gates', 'xor-spaces', 'xor-loss'],
  numbers: [
    ...['gradient-of-remedies', 'accuracy-of-remedies', 'loss-beside-counting', 'held-out-words'],
    ...['backward-by-depth', 'xor-starts', 'nielsen'],
  ],
  vanishing: [
    ...['gradient-by-layer', 'gradient-along-training', 'gradient-heat-map', 'accuracy-by-rate'],
    ...['outputs-sigmoid', 'weights-sigmoid', 'outputs-batch-norm-relu', 'weights-batch-norm-relu'],
  ],
};

const names = Object.keys(runs) as (keyof typeof runs)[];
const out = (name: string) => join(folder, 'runs', name);
const report = (name: string) => join(out(name), 'report.html');

const looks = [[1200, 'light'], [400, 'dark'], ...onlyInAll([400, 'light'] as const, [1200, 'dark'] as const)] as const;

afterAll(closeBrowser);
beforeAll(async () => {
  for (const [split, rows] of [
    ['train', 90],
    ['t10k', 60],
  ] as const) {
    // Bars and noise: a few epochs get some of them wrong.
    const pixels = Array.from({ length: rows * 36 }, (_, i) => ((i * 7919) % 251 > (i % 3) * 80 ? 200 : 20));
    write(join(EVIL, `${split}-images-idx3-ubyte`), encodeIdx('unsigned byte', [rows, 6, 6], pixels));
    const labels = Array.from({ length: rows }, (_, n) => (n * 31) % 4);
    write(join(EVIL, `${split}-labels-idx1-ubyte`), encodeIdx('unsigned byte', [rows], labels));
  }
  mkdirSync(out(''));
  for (const name of names) {
    const threads = name === 'scale' ? [] : ['--threads', '1'];
    for (const args of runs[name]) {
      const { code, stderr } = await gradloom([...args, ...threads, '--backend', 'wasm', '--out', out(name)]);
      const said = stderr.replaceAll(/^epoch .*\n/gm, ''); // progress, which a busy machine has time for
      // Of so few steps, the words do not come to what is claimed of them.
      expect({ args, code, stderr: said }).toEqual({ args, code: args[1] === 'next-token' ? 1 : 0, stderr: '' });
    }
  }
}, 300_000);

describe.each(names)('the page of %s', (name) => {
  test('shows each picture in both themes and on a phone, as an SVG too, loads nothing and says nothing to the console', async (context) => {
    const browser = await openBrowser(context);
    const backgrounds = new Set<string>();
    const { page, messages, requests } = await lookAt(browser, report(name), { width: 1200, scheme: 'light' });
    // Colours do not depend on the width: the quick run takes each once.
    for (const [width, scheme] of looks) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width, height: 800 });
      const seen = await page.evaluate(() => ({
        background: getComputedStyle(document.body).backgroundColor,
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        scripts: document.scripts.length,
        lost: [...document.querySelectorAll('a')]
          .map((link) => link.getAttribute('href') ?? '')
          .filter((href) => !href.startsWith('#') || document.getElementById(href.slice(1)) === null),
        open: document.querySelectorAll('details[open]').length,
        pictures: [...document.querySelectorAll('figure')].map((figure) => {
          const shown = [...figure.querySelectorAll(':scope > svg')].filter(
            (svg) => getComputedStyle(svg).display !== 'none',
          );
          const [svg] = shown;
          const labels = (svg?.getAttribute('aria-labelledby') ?? '').split(' ');
          return {
            id: figure.id,
            shown: shown.length,
            named: labels.every((id) => (document.getElementById(id)?.textContent ?? '').length > 10),
            size: Math.min(svg?.getBoundingClientRect().width ?? 0, svg?.getBoundingClientRect().height ?? 0) > 80,
            captions: figure.querySelectorAll('h3, figcaption').length,
            small: [...(svg?.querySelectorAll('text') ?? [])].some(
              (text) => Number.parseFloat(getComputedStyle(text).fontSize) < 9,
            ),
            wider: [...(svg?.querySelectorAll('text') ?? [])]
              .map((text) => text.getBoundingClientRect())
              .some(({ left, right }) => left < -1 || right > document.documentElement.clientWidth + 1),
          };
        }),
      }));
      const whole = { shown: 1, named: true, size: true, captions: 2, small: false, wider: false };
      expect(seen).toEqual({
        background: expect.any(String),
        overflow: 0,
        scripts: 0,
        lost: [],
        open: 0,
        pictures: pictures[name].map((id) => ({ id, ...whole })),
      });
      expect({ messages, requests }).toEqual({ messages: [], requests: [] });
      backgrounds.add(seen.background);
    }
    expect(backgrounds.size).toBe(2);

    // Each picture is beside the page, as an SVG that stands alone.
    const svgs = readdirSync(out(name)).filter((file) => file.endsWith('.svg'));
    expect(svgs.sort()).toEqual(pictures[name].map((id) => `${id}.svg`).sort());
    for (const id of pictures[name].slice(0, counted(1, pictures[name].length))) {
      await page.goto(pathToFileURL(join(out(name), `${id}.svg`)).href);
      const seen = await page.evaluate(() => ({
        root: document.documentElement.localName,
        errors: document.querySelectorAll('parsererror').length,
        words: document.querySelectorAll('svg:root > title, svg:root > desc').length,
        paper: getComputedStyle(document.querySelector('rect') as Element).fill,
      }));
      expect({ id, ...seen, messages }).toEqual({
        id,
        root: 'svg',
        errors: 0,
        words: 2,
        messages: [],
        paper: 'rgb(21, 24, 28)',
      });
    }
    await page.close();
  });
});

test.each([...(['digits', 'scale', 'chapter'] as const), ...onlyInAll(...names)])(
  'the page of %s is the same as gradloom report makes from the files, to the last byte',
  async (name) => {
    const again = join(folder, 'again', name);
    const { code, stdout } = await gradloom(['report', out(name), '--out', again]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${join(again, 'report.html')}\n` });
    const files = readdirSync(again).sort();
    expect(files).toEqual(['report.html', ...pictures[name].map((id) => `${id}.svg`)].sort());
    for (const file of files) {
      expect(readFileSync(join(again, file), 'utf8') === readFileSync(join(out(name), file), 'utf8'), file).toBe(true);
    }
  },
);

test('loss and gradient norm are drawn step by step, the lowest and the highest in words too', () => {
  const steps = jsonLines(readFileSync(join(out('digits'), 'steps.jsonl'), 'utf8')) as unknown as StepFigures[];
  expect(steps.length).toBe(18);
  const html = readFileSync(report('digits'), 'utf8');
  for (const [figure, name] of [
    ['loss', 'loss'],
    ['gradientNorm', 'gradient-norm'],
  ] as const) {
    const values = steps.map((stretch) => stretch[figure].mean);
    const words = `of single steps from ${decimal(Math.min(...values))} to ${decimal(Math.max(...values))}`;
    const [svg] = html.match(new RegExp(`<svg[^>]*${name}-wide-t.*?</svg>`, 's')) ?? [''];
    expect(svg).toContain(words);
    // The thin line has a place for each of them, above a mean for each epoch.
    const [points] = svg.match(/fill="none"[^>]*stroke="var\(--soft\)".*?d="[^"]*"/s) ?? [''];
    expect(points.match(/[ML]/g)?.length).toBe(18);
  }
});

test('large figures come first: the metric, its baseline, loss and time, and the machine is folded', async (context) => {
  const browser = await openBrowser(context);
  const namesOf: Record<string, string[]> = {};
  for (const name of ['digits', 'sine'] as const) {
    const { page } = await lookAt(browser, report(name), { width: 1200, scheme: 'light' });
    const seen = await page.evaluate(() => ({
      names: [...document.querySelectorAll('.figures dt')].map((one) => one.textContent ?? ''),
      size: Math.min(
        ...[...document.querySelectorAll('.figures dd')].map((one) =>
          Number.parseFloat(getComputedStyle(one).fontSize),
        ),
      ),
      folded: [...document.querySelectorAll('details summary')].map((one) => one.textContent),
    }));
    expect(seen).toMatchObject({ folded: ['Configuration', 'Fingerprint and backend', 'Machine'] });
    expect(seen.size).toBeGreaterThan(20);
    namesOf[name] = seen.names;
  }
  expect(namesOf).toEqual({
    digits: ['test accuracy', expect.stringMatching(/^baseline: always answering \d$/), 'test loss', 'training time'],
    // The root of its loss, mse, is the RMSE above.
    sine: ['test RMSE', 'baseline: RMSE of always answering the mean', 'training RMSE', 'training time'],
  });
});

test('several runs are compared: one line each, their results, and only options that differ', async (context) => {
  const browser = await openBrowser(context);
  const both = join(folder, 'both');
  await gradloom(['report', out('spirals'), out('xor'), '--out', both]);
  const { page, messages } = await lookAt(browser, join(both, 'report.html'), { width: 400, scheme: 'dark' });
  expect(messages).toEqual([]);
  const seen = await page.evaluate(() => ({
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    legend: [...document.querySelectorAll('#loss svg.narrow text')].slice(0, 2).map((text) => text.textContent),
    options: [...document.querySelectorAll('.table:last-of-type tr')].map((row) =>
      [...row.children].map((cell) => cell.textContent).join(' | '),
    ),
  }));
  expect(seen).toMatchObject({ overflow: 0, legend: ['spirals', 'xor'] });
  expect(seen.options).toContain('--epochs | 4 | 40');
  expect(seen.options.filter((row) => /^--(seed|backend|threads)/.test(row))).toEqual([]);
  const shown = await page.textContent('body');
  for (const name of ['spirals', 'xor']) {
    const { result } = JSON.parse(readFileSync(join(out(name), 'findings.json'), 'utf8'));
    expect(shown).toContain(result.fingerprint.slice(0, 8));
  }
});

test('a report with fewer pictures removes those it had written, and nothing else', async () => {
  const fewer = join(folder, 'fewer');
  cpSync(out('spirals'), fewer, { recursive: true });
  for (const name of ['findings.json', 'divisions.jsonl']) rmSync(join(fewer, name));
  const picture = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0,0h9"/></svg>';
  // A name that no report had, and a file that someone put in the place of a picture.
  writeFileSync(join(fewer, 'sketch.svg'), readFileSync(join(fewer, 'loss.svg')));
  writeFileSync(join(fewer, 'weights.svg'), picture);
  await gradloom(['report', fewer]);
  const left = readdirSync(fewer).filter((name) => name.endsWith('.svg'));
  expect(left.sort()).toEqual(['gradient-norm.svg', 'learning-rate.svg', 'loss.svg', 'sketch.svg', 'weights.svg']);
  expect(readFileSync(join(fewer, 'weights.svg'), 'utf8')).toBe(picture);
});

test('a run that diverges has a page without final results', async () => {
  const lost = join(folder, 'lost');
  const { code } = await gradloom([
    ...['train', '--dataset', 'sine:rows=60', '--optimizer', 'sgd:lr=1e4', '--schedule', 'constant'],
    ...[
      '--hidden',
      '8',
      '--activation',
      'relu',
      '--epochs',
      '50',
      '--backend',
      'wasm',
      '--threads',
      '1',
      '--out',
      lost,
    ],
  ]);
  expect(code).toBe(1);
  const html = readFileSync(join(lost, 'report.html'), 'utf8');
  expect(html).toMatch(/<h1>sine: an unfinished run, \d+ epochs? so far/);
  expect(readdirSync(lost)).not.toContain('findings.json');
});

test('findings of an earlier stop are not shown for a run that has continued', async () => {
  const further = join(folder, 'further');
  cpSync(out('sine'), further, { recursive: true });
  const metrics = join(further, 'metrics.jsonl');
  const { sum: _, ...last } = jsonLines(readFileSync(metrics, 'utf8')).at(-1) as {
    epoch: number;
    step: number;
    sum: string;
  };
  const line = seal(JSON.stringify({ ...last, epoch: last.epoch + 1, step: 2 * last.step }));
  appendFileSync(metrics, `${line}\n{"event":"epo`);
  await gradloom(['report', further]);
  const html = readFileSync(join(further, 'report.html'), 'utf8');
  expect(html).toMatch(/<h1>sine: an unfinished run, 4 epochs so far/);
  expect(html).not.toContain('fingerprint of the weights');
});

test('a printed page is light, and no picture or table is split over two pages', async (context) => {
  const browser = await openBrowser(context);
  const { page } = await lookAt(browser, report('chapter'), { width: 800, scheme: 'dark' });
  const look = () =>
    page.evaluate(() => ({
      paper: getComputedStyle(document.body).backgroundColor,
      listings: [...document.querySelectorAll('details')].some((one) => getComputedStyle(one).display !== 'none'),
      whole: [...document.querySelectorAll('figure, .table')].every(
        (one) => getComputedStyle(one).breakInside === 'avoid',
      ),
    }));
  expect(await look()).toMatchObject({ paper: 'rgb(21, 24, 28)', listings: true });
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await look()).toEqual({ paper: 'rgb(255, 255, 255)', listings: false, whole: true });
});

test('the page of scale names the machine and what ran on it', async () => {
  const html = readFileSync(report('scale'), 'utf8');
  expect(html).toContain('1 thread: a step takes'); // XOR has one leaf
  expect(html).toContain('- 1 thread has all the work: a batch has 1 leaf');
  const named = Array.from(html.matchAll(/<th scope="row">([^<]*)<\/th><td>([^<]+)<\/td>/g), ([, name, value]) => [
    name,
    value,
  ]);
  const machine = Object.fromEntries(named);
  expect(machine).toMatchObject({ system: `${process.platform} ${process.arch}`, Node: process.versions.node });
  expect(machine).toMatchObject({ cores: String(availableParallelism()), backend: 'wasm', Gradloom: version });
});

test('a name and a label that are scripts are shown: in the title, in the matrix and among the mistakes', async (context) => {
  const browser = await openBrowser(context);
  const { sum: _, ...findings } = JSON.parse(readFileSync(join(out('digits'), 'findings.json'), 'utf8'));
  const label = '</text></svg><script>document.title=3</script>&amp;';
  findings.answers.labels[1] = label;
  const marked = join(folder, 'marked');
  mkdirSync(marked);
  for (const name of ['config.json', 'metrics.jsonl'])
    writeFileSync(join(marked, name), readFileSync(join(out('digits'), name)));
  writeFileSync(join(marked, 'findings.json'), JSON.stringify(findings));
  await gradloom(['report', marked]);
  const { page, messages } = await lookAt(browser, report('../marked'), { width: 800, scheme: 'light' });
  expect(await page.evaluate(() => document.querySelectorAll('img, script').length)).toBe(0);
  expect(await page.title()).toContain(EVIL);
  expect(await page.textContent('h1')).toContain(EVIL);
  expect(await page.textContent('#mistakes')).toContain(label);
  expect(await page.textContent('#confusion svg')).toContain(label.slice(0, 13));
  expect(messages).toEqual([]);
});

test('the policy of the page forbids scripts, even one that came into it', async (context) => {
  const browser = await openBrowser(context);
  const html = readFileSync(report('xor'), 'utf8').replace('<main>', '<script>document.title="ran"</script><main>');
  const { page, messages } = await lookAt(browser, write('forced.html', html), { width: 800, scheme: 'light' });
  expect(await page.title()).not.toBe('ran');
  expect(messages.join()).toMatch(/Content Security Policy/);
});

test('a run of 1,000 epochs with 1,000 looks at 40 layers and 20,000 stretches of steps stays under 3 MB', async () => {
  const long = join(folder, 'long');
  mkdirSync(long);
  writeFileSync(join(long, 'config.json'), readFileSync(join(out('digits'), 'config.json')));
  writeFileSync(join(long, 'findings.json'), readFileSync(join(out('digits'), 'findings.json')));
  const layers = Array.from({ length: 40 }, (_, k) => ({ path: String(k), label: 'dense(64->64)', rmsDy: 1.5 ** -k }));
  const lines = Array.from({ length: 1000 }, (_, k) => [
    { event: 'probe', step: k, layers },
    {
      event: 'epoch',
      epoch: k + 1,
      step: k + 1,
      trainLoss: 1 / (k + 1),
      gradientNorm: 2 + Math.sin(k),
      learningRate: 1,
    },
  ]);
  writeFileSync(
    join(long, 'metrics.jsonl'),
    lines
      .flat()
      .map((line) => JSON.stringify(line))
      .join('\n'),
  );
  const spread = (mean: number) => ({ low: mean / 2, mean, high: 2 * mean });
  const stretches = Array.from({ length: 20_000 }, (_, k) => ({
    event: 'steps',
    first: k,
    step: k + 1,
    loss: spread(1 + Math.sin(k)),
    gradientNorm: spread(1 + Math.cos(k)),
    learningRate: spread(1 / (k + 1)),
  }));
  writeFileSync(join(long, 'steps.jsonl'), stretches.map((line) => JSON.stringify(line)).join('\n'));
  expect((await gradloom(['report', long])).code).toBe(0);
  expect(statSync(join(long, 'report.html')).size).toBeLessThan(3e6);
});

describe('gradloom report refuses', () => {
  test.each([
    ['no run', [], 2, 'gradloom report: the run is missing, expected one such as runs/mnist-1, or several\n'],
    [
      'a path that is none',
      ['nowhere'],
      1,
      /^gradloom report: no run found in "nowhere" \(it does not exist\), expected a/,
    ],
    ['a directory without a run', ['.'], 1, /^gradloom report: no run found in "\.", expected a directory/],
    ['several without a place', [folder, folder], 2, /^gradloom report: --out is missing, expected a directory/],
    ['others among several', [out('xor'), out('scale'), '--out', 'x'], 1, /scale has no run of train, expected one/],
  ] as const)('%s', async (_, words, expected, message) => {
    const { code, stderr } = await gradloom(['report', ...words]);
    expect(code).toBe(expected);
    expect(stderr).toMatch(message);
  });
});
